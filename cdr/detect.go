package cdr

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"vmaudit/internal/number"
)

// Match is a format that an export can be in, and why.
type Match struct {
	Format  *Format
	Reasons []string
}

// recognised is the share of rows that must fit: an export may contain damaged
// rows, but one that is damaged all over is better named by hand.
const recognised = 0.9

// Detect returns the formats that the beginning of an export fits. One match is
// an answer. None or several are for the caller to refuse, with the reasons.
func (reg *Registry) Detect(head []byte) []Match {
	var matches []Match
	for _, f := range reg.All() {
		if reasons := f.fits(head); reasons != nil {
			matches = append(matches, Match{f, reasons})
		}
	}
	return matches
}

// fits reads the head's whole lines. A zone is not known yet and does not
// matter for the shape; neither does the key.
func (f *Format) fits(head []byte) []string {
	if i := bytes.LastIndexByte(head, '\n'); i > 0 {
		head = head[:i+1]
	} else {
		head = append(bytes.Clone(head), '\n')
	}
	r := NewReader(bytes.NewReader(head), f, ReaderOptions{Zone: time.UTC, Numbers: number.NewNormaliser(nil, number.NewKey())})
	rows, columns, fit := 0, map[int]int{}, 0
	for r.Scan() {
		rows++
		if r.Reject() == nil && f.recognise.hold(r) {
			fit++
			columns[len(r.in.fields)]++
		}
	}
	if fit == 0 || float64(fit) < recognised*float64(rows) {
		return nil
	}
	reasons := []string{fmt.Sprintf("%d of the first %d rows have the columns, times and values of %s", fit, rows, f.Name)}
	for _, n := range slices.Sorted(maps.Keys(columns)) {
		reasons = append(reasons, fmt.Sprintf("%d rows have %d columns", columns[n], n))
	}
	return reasons
}
