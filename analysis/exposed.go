package analysis

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

//go:embed exposed.sql
var exposedSQL string

// holder is somebody's row of the directory and the mailbox that was theirs, or
// line 0 for a mailbox that nobody held then.
type holder struct {
	box  string
	line uint32
}

// exposed returns a row for every holder of an exposed mailbox, protected ones
// included: it goes no further than this package.
func (a *Auditor) exposed(ctx context.Context, audit *Audit) ([]Affected, error) {
	days, err := a.windowDays(ctx, audit.Change)
	if err != nil {
		return nil, err
	}
	found := map[holder]*Affected{}
	for _, slice := range runs(days, atOnce.read, func(d day) uint64 { return d.reached }) {
		if err := a.exposedIn(ctx, audit, slice, found); err != nil {
			return nil, err
		}
	}
	people, err := a.people(ctx, audit.directory)
	if err != nil {
		return nil, err
	}
	var all []Affected
	for _, x := range found {
		x.MessagesAtRisk.Min = max(x.MessagesAtRisk.Min, uint64(len(x.played)))
		slices.Sort(x.Reasons)
		x.Reasons = slices.Compact(x.Reasons)
		people.name(x)
		all = append(all, *x)
	}
	slices.SortFunc(all, func(x, y Affected) int {
		return cmp.Or(strings.Compare(x.Extension, y.Extension), cmp.Compare(x.line, y.line), strings.Compare(x.box, y.box))
	})
	return all, nil
}

// exposedIn adds what the verdicts of some days say.
func (a *Auditor) exposedIn(ctx context.Context, audit *Audit, slice []day, found map[holder]*Affected) error {
	var sessions uint64
	for _, d := range slice {
		sessions += d.reached
	}
	for _, ids := range idRanges(sessions, atOnce.read) {
		args := append(append(a.auditArgs(audit), spanArgs(slice)...), named("low_id", ids.low), named("high_id", ids.high))
		err := a.each(ctx, "reading who was exposed", compose(exposedSQL, nil), func(scan func(...any) error) error {
			x := Affected{played: map[string]bool{}, systems: map[string]bool{slice[0].system: true}}
			var strongest uint64
			var played, dialled []string
			if err := scan(&x.box, &x.line, &strongest, &x.Grade, &x.Sessions, &x.ConfirmedSessions,
				&x.MessagesAtRisk.Min, &played, &x.First, &x.Last, &x.Reasons, &dialled); err != nil {
				return err
			}
			x.Verdict = Exposing[strongest-1]
			x.First, x.Last = x.First.UTC(), x.Last.UTC()
			for _, id := range played {
				x.played[id] = true
			}
			x.Reasons = append(x.Reasons, dialled...)
			if have, ok := found[x.holder]; ok {
				x.join(have)
			}
			found[x.holder] = &x
			return nil
		}, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// join adds what other days say of the same holder.
func (x *Affected) join(other *Affected) {
	weak, strong := x, other
	if x.Verdict.strength() < other.Verdict.strength() {
		weak, strong = other, x
	}
	reasons, grade := strong.Reasons, strong.Grade
	for _, r := range weak.Reasons {
		if weak.Verdict == strong.Verdict || strings.HasPrefix(r, "dialled ") {
			reasons = append(reasons, r)
		}
	}
	if weak.Verdict == strong.Verdict {
		grade = min(grade, weak.Grade)
	}
	x.Verdict, x.Grade, x.Reasons = strong.Verdict, grade, reasons
	x.Sessions += other.Sessions
	x.ConfirmedSessions += other.ConfirmedSessions
	x.MessagesAtRisk.Min = max(x.MessagesAtRisk.Min, other.MessagesAtRisk.Min)
	x.First, x.Last = earlier(x.First, other.First), later(x.Last, other.Last)
	maps.Copy(x.played, other.played)
	maps.Copy(x.systems, other.systems)
}

func earlier(t, u time.Time) time.Time {
	if u.Before(t) {
		return u
	}
	return t
}

func later(t, u time.Time) time.Time {
	if u.After(t) {
		return u
	}
	return t
}

// people are the rows of a directory.
type people struct {
	rows          map[uint32]Affected // by line: who it is
	everProtected map[string]bool     // mailboxes
}

func (a *Auditor) people(ctx context.Context, version uint64) (*people, error) {
	p := &people{map[uint32]Affected{}, map[string]bool{}}
	err := a.each(ctx, "reading the directory", `SELECT line, extension, name, unit, controller, protected, mailbox FROM directory WHERE version = {version:UInt64}`,
		func(scan func(...any) error) error {
			var line uint32
			var x Affected
			var mailbox string
			err := scan(&line, &x.Extension, &x.Name, &x.Unit, &x.Controller, &x.protected, &mailbox)
			p.rows[line] = x
			p.everProtected[mailbox] = p.everProtected[mailbox] || x.protected
			return err
		}, named("version", fmt.Sprint(version)))
	return p, err
}

// name says who it is. A mailbox that nobody held then, or of a context that the
// directory does not know, stands under its own number, and is hidden if that was
// ever a protected one.
func (p *people) name(x *Affected) {
	if x.line == 0 {
		box, _, _ := strings.Cut(x.box, "@")
		x.Extension, x.protected = x.box, p.everProtected[x.box] || p.everProtected[box]
		return
	}
	who := p.rows[x.line]
	x.Extension, x.Name, x.Unit, x.Controller, x.protected = who.Extension, who.Name, who.Unit, who.Controller, who.protected
}
