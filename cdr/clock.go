package cdr

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNoZone means that an export has local times and nobody said of which zone.
// A guess would move calls in and out of the exposure window.
var ErrNoZone = errors.New("the export has local times: give their zone, such as --zone Europe/Stockholm (or UTC if the system was told to write UTC)")

// timeLayout is one way in which times are written.
type timeLayout struct {
	epoch bool
	local bool // no zone in the text
	plain bool // the layout of plainLayout, done by hand
	text  string
}

const plainLayout = "2006-01-02 15:04:05"

func newTimeLayout(text string) (timeLayout, error) {
	l := timeLayout{text: text, epoch: text == "epoch", plain: text == plainLayout}
	if l.epoch {
		return l, nil
	}
	if strings.Contains(text, "MST") {
		return l, fmt.Errorf("layout %q: an abbreviated zone name does not tell the zone, leave it to --zone", text)
	}
	if !strings.Contains(text, "2006") || !strings.Contains(text, "04") {
		return l, fmt.Errorf("layout %q: write \"epoch\" or Go's reference time, such as %q", text, plainLayout)
	}
	l.local = !strings.Contains(text, "Z07") && !strings.Contains(text, "-07")
	return l, nil
}

// reading is one time as it was understood. earliest and latest differ in the
// hour that autumn repeats.
type reading struct{ earliest, latest time.Time }

// clock reads times. It belongs to one reader.
type clock struct {
	layouts []timeLayout
	zone    *time.Location

	// In the years that parse accepts, all zones change their clocks at full
	// quarters, so offsets are looked up once per quarter of local time.
	quarter     int64
	early, late int64 // offsets in seconds that a local time of the quarter can have
	kind        wallKind
	set         bool
}

type wallKind uint8

const (
	wallOnce wallKind = iota
	wallTwice
	wallNever
)

// errTime describes a time that no layout fits. Its text is of shapes only: the
// value may be anything.
var errTime = errors.New("is no time in any of the profile's layouts")

// parse reads a time. Empty text and the zeros that some systems write for
// "never" give the zero reading.
func (c *clock) parse(b []byte) (reading, error) {
	if isNever(b) {
		return reading{}, nil
	}
	for i := range c.layouts {
		l := &c.layouts[i]
		t, ok := l.parse(b)
		if !ok {
			continue
		}
		if year := t.Year(); year < 1995 || year > 2100 {
			return reading{}, fmt.Errorf("is not plausible: year %d", year)
		}
		if !l.local {
			return reading{t, t}, nil
		}
		return c.local(t)
	}
	return reading{}, errTime
}

func isNever(b []byte) bool {
	return len(bytes.Trim(b, "0 :.-")) == 0
}

// parse returns the instant, or, for a local layout, the wall clock's reading
// as if it were UTC.
func (l *timeLayout) parse(b []byte) (time.Time, bool) {
	switch {
	case l.epoch:
		return parseEpoch(b)
	case l.plain:
		return parsePlain(b)
	}
	t, err := time.Parse(l.text, string(b))
	return t.UTC(), err == nil
}

// parseEpoch reads seconds since 1970, with up to nine decimals.
func parseEpoch(b []byte) (time.Time, bool) {
	whole, frac, dot := bytes.Cut(b, []byte("."))
	sec, ok := digits(whole)
	if !ok || len(whole) < 9 || len(whole) > 11 || dot && len(frac) == 0 {
		return time.Time{}, false
	}
	nsec, ok := fraction(frac)
	return time.Unix(sec, nsec).UTC(), ok
}

// parsePlain reads plainLayout, with up to nine decimals.
func parsePlain(b []byte) (time.Time, bool) {
	if len(b) < len(plainLayout) || b[4] != '-' || b[7] != '-' || b[10] != ' ' || b[13] != ':' || b[16] != ':' {
		return time.Time{}, false
	}
	var n [6]int64
	for i, at := range [6][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}} {
		v, ok := digits(b[at[0]:at[1]])
		if !ok {
			return time.Time{}, false
		}
		n[i] = v
	}
	var nsec int64
	if rest := b[19:]; len(rest) > 0 {
		var ok bool
		if nsec, ok = fraction(rest[1:]); !ok || rest[0] != '.' || len(rest) == 1 {
			return time.Time{}, false
		}
	}
	t := time.Date(int(n[0]), time.Month(n[1]), int(n[2]), int(n[3]), int(n[4]), int(n[5]), int(nsec), time.UTC)
	// time.Date rolls February 30th over; a clock does not show it.
	_, month, day := t.Date()
	return t, int64(month) == n[1] && int64(day) == n[2] && n[3] < 24 && n[4] < 60 && n[5] < 60
}

func digits(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, len(b) > 0 && len(b) < 18
}

func fraction(b []byte) (nsec int64, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	n, ok := digits(b)
	if !ok || len(b) > 9 {
		return 0, false
	}
	for range 9 - len(b) {
		n *= 10
	}
	return n, true
}

// local finds the instants at which the zone's clocks show wall. A time that
// they never show, in the hour that spring skips, is refused: it proves that
// the export's clock is in another zone, and then every time in it is wrong.
func (c *clock) local(wall time.Time) (reading, error) {
	if c.zone == nil {
		return reading{}, ErrNoZone
	}
	if c.zone == time.UTC {
		return reading{wall, wall}, nil
	}
	sec := wall.Unix()
	if q := sec / 900; !c.set || q != c.quarter {
		c.lookUp(sec)
		c.quarter, c.set = q, true
	}
	if c.kind == wallNever {
		return reading{}, fmt.Errorf("does not exist in %s (%s): the export's clock is in another zone, check --zone", c.zone, wall.Format(plainLayout))
	}
	return reading{wall.Add(-time.Duration(c.early) * time.Second), wall.Add(-time.Duration(c.late) * time.Second)}, nil
}

// lookUp tries the offsets before and after any transition nearby: each that is
// in force at the instant it leads to is a reading of the clock.
func (c *clock) lookUp(wall int64) {
	before, after := c.offset(wall-86400), c.offset(wall+86400)
	first, second := c.offset(wall-before) == before, c.offset(wall-after) == after
	switch {
	case first && second:
		// The larger offset gives the earlier instant.
		c.early, c.late, c.kind = max(before, after), min(before, after), wallOnce
		if before != after {
			c.kind = wallTwice
		}
	case first:
		c.early, c.late, c.kind = before, before, wallOnce
	case second:
		c.early, c.late, c.kind = after, after, wallOnce
	default:
		c.kind = wallNever
	}
}

func (c *clock) offset(unix int64) int64 {
	_, offset := time.Unix(unix, 0).In(c.zone).Zone()
	return int64(offset)
}
