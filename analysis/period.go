package analysis

import (
	"fmt"
	"time"
)

// period is the days of a window, in the deployment's zone.
type period struct {
	first, last time.Time // last zero: still open
	known       time.Time // zero: all records count
}

// daysOf returns the days that [from, to) touches. A zero to is open; known is
// when an audit as of a time is of, zero for others.
func daysOf(from, to, known time.Time, zone *time.Location) period {
	p := period{first: from.In(zone)}
	if !to.IsZero() {
		p.last = to.Add(-time.Millisecond).In(zone)
	}
	if !known.IsZero() {
		p.known = known.In(zone)
	}
	return p
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }

// english writes "between 22 and 26 February 2019", with a year or a month as
// often as it is needed.
func (p period) english() string {
	const day = "2 January 2006"
	text := "since " + p.first.Format(day)
	switch {
	case p.last.IsZero():
	case sameDay(p.first, p.last):
		text = "on " + p.last.Format(day)
	default:
		text = fmt.Sprintf("between %s and %s", p.first.Format(p.shortest("2", " January", " 2006")), p.last.Format(day))
	}
	switch {
	case p.known.IsZero():
		return text
	case p.known.Format(time.TimeOnly) == "00:00:00":
		return text + ", as known on " + p.known.Format(day)
	}
	return text + ", as known at " + p.known.Format("15:04 on "+day)
}

// shortest is the layout of the first day, with what the last one does not say.
func (p period) shortest(day, month, year string) string {
	switch {
	case p.first.Year() != p.last.Year():
		return day + month + year
	case p.first.Month() != p.last.Month():
		return day + month
	}
	return day
}

var swedishMonths = [...]string{"januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"}

func swedishDay(t time.Time) string {
	return fmt.Sprintf("%d %s %d", t.Day(), swedishMonths[t.Month()-1], t.Year())
}

// swedish writes "under 22-26 februari 2019", likewise.
func (p period) swedish() string {
	text := "sedan den " + swedishDay(p.first)
	switch {
	case p.last.IsZero():
	case sameDay(p.first, p.last):
		text = "den " + swedishDay(p.last)
	case p.first.Year() != p.last.Year():
		text = fmt.Sprintf("under perioden %s till %s", swedishDay(p.first), swedishDay(p.last))
	case p.first.Month() != p.last.Month():
		text = fmt.Sprintf("under perioden %d %s till %s", p.first.Day(), swedishMonths[p.first.Month()-1], swedishDay(p.last))
	default:
		text = fmt.Sprintf("under %d-%s", p.first.Day(), swedishDay(p.last))
	}
	if p.known.IsZero() {
		return text
	}
	text += ", enligt vad som var känt den " + swedishDay(p.known)
	if p.known.Format(time.TimeOnly) != "00:00:00" {
		text += p.known.Format(" kl. 15.04")
	}
	return text
}
