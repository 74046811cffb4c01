package cdr

import (
	"regexp"
	"time"
)

// Format is a compiled profile: it knows how to read one kind of export. It is
// safe for use by several readers at once.
type Format struct {
	// Name is the profile's file name without its ending ("asterisk-cdr").
	Name string
	// Title, Documented and SeenLive describe the format for people. SeenLive
	// is "" for a profile written from documents only.
	Title, Documented, SeenLive string
	// Proves gives the best evidence grade that each action can get from a
	// row; an action that is missing leaves no row.
	Proves map[Action]Grade
	// CannotSee are sentences about what leaves no trace in the format.
	CannotSee []string
	// Kind is what its rows are, Precision that of their times.
	Kind      Kind
	Precision time.Duration

	slots     map[string]int // of columns, derived and virtual columns
	names     []string       // by slot
	layouts   map[int]*layout
	derived   []derivedColumn
	times     []timeLayout
	recognise conditionSet

	key                      []int
	call, leg                []int
	start, answer, end       int // slots, -1 when the format has none
	event, app, cause        []compiledSource
	channel, server          []compiledSource
	caller, dialled, divert  []compiledSource
	answered, partner        conditionSet
	rules                    []rule
	ruleSlots                []int // all that the rules look at: the memo's key
	defaultContext           string
	folders                  map[string]string
	answeredSlot, actionSlot int
	partnerSlot              int
}

// layout says for one number of columns in which field each slot is, -1 if in
// none.
type layout struct {
	field []int
	forks []fork
}

// fork is a column that has one of two names, by the shape of its value.
type fork struct {
	field, first, second int // first and second are slots
	shape                *regexp.Regexp
}

type derivedColumn struct {
	slot, from int
	member     string
}

type compiledSource struct {
	slot         int
	when, unless conditionSet
	match        *regexp.Regexp
}

// value returns the source's value in r, nil if it has none.
func (s *compiledSource) value(r row) []byte {
	b := r.value(s.slot)
	if len(b) == 0 || len(s.when) > 0 && !s.when.hold(r) || len(s.unless) > 0 && s.unless.any(r) {
		return nil
	}
	if s.match == nil {
		return b
	}
	m := s.match.FindSubmatchIndex(b)
	if m == nil || m[2] < 0 {
		return nil
	}
	return b[m[2]:m[3]]
}

func first(sources []compiledSource, r row) []byte {
	for i := range sources {
		if b := sources[i].value(r); len(b) > 0 {
			return b
		}
	}
	return nil
}

func firstSlot(slots []int, r row) []byte {
	for _, s := range slots {
		if b := r.value(s); len(b) > 0 {
			return b
		}
	}
	return nil
}
