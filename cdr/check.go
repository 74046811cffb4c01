package cdr

import (
	"fmt"
	"io"

	"vmaudit/internal/number"
)

// Check is what a format understood of an export's first rows, for people who
// write a profile or doubt one.
type Check struct {
	Counts  Counts
	Actions map[Action]int64
	Apps    map[string]int64 // applications in rows without an action
	Records []Record         // the first few
	Rejects []*Reject        // the first few
}

// checkShown is how many records and rejects a check keeps.
const checkShown = 10

// CheckRows reads up to rows rows of r and tells what f understood of them. It
// needs no [ReaderOptions.Numbers]: without, tokens are made with a key that
// nobody keeps.
func CheckRows(r io.Reader, f *Format, o ReaderOptions, rows int64) (*Check, error) {
	if o.Numbers == nil {
		o.Numbers = number.NewNormaliser(nil, number.NewKey())
	}
	rd := NewReader(r, f, o)
	c := &Check{Actions: map[Action]int64{}, Apps: map[string]int64{}}
	for n := int64(0); n < rows && rd.Scan(); n++ {
		if rej := rd.Reject(); rej != nil {
			if len(c.Rejects) < checkShown {
				c.Rejects = append(c.Rejects, rej)
			}
			continue
		}
		rec := rd.Record()
		c.Actions[rec.Action]++
		if rec.Action == NoAction {
			c.Apps[rec.App]++
		}
		if len(c.Records) < checkShown {
			c.Records = append(c.Records, *rec)
		}
	}
	c.Counts = rd.Counts()
	if err := rd.Err(); err != nil {
		return c, fmt.Errorf("checking %s: %w", f.Name, err)
	}
	return c, nil
}
