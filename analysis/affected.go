package analysis

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"vmaudit/internal/access"
)

var (
	//go:embed exposed.sql
	exposedSQL string
	//go:embed at_risk.sql
	atRiskSQL string
)

// Range is a number of which the records show only the bounds.
type Range struct {
	Min uint64 `json:"min"` // proven
	Max uint64 `json:"max"` // possible, as far as the records reach
	// Floor says that Max is itself too low, perhaps: messages left before the
	// records begin may add to it.
	Floor bool `json:"max_is_floor"`
}

// Affected is one extension whose mailbox was exposed.
type Affected struct {
	Extension         string     `json:"extension"`
	Name              string     `json:"name"` // of the holder then; empty: not in the directory
	Unit              string     `json:"unit"`
	Controller        string     `json:"controller"`
	Verdict           Verdict    `json:"verdict"` // of the strongest session
	Grade             string     `json:"grade"`
	Sessions          uint64     `json:"sessions"` // exposing ones
	ConfirmedSessions uint64     `json:"confirmed_sessions"`
	MessagesAtRisk    Range      `json:"messages_at_risk"`
	Depositors        Range      `json:"depositors"`
	First             time.Time  `json:"first"`     // beginning of the first exposing session, UTC
	Last              time.Time  `json:"last"`      // beginning of the last
	ListenBy          *time.Time `json:"listen_by"` // the first message at risk is deleted then; null: none is known
	Reasons           []string   `json:"reasons"`

	protected bool
	box       string
	line      uint32   // in the directory; 0: nobody held the mailbox then
	systems   []string // whose records show the sessions
}

// Filter picks some of the affected. Zero fields pick all.
type Filter struct {
	Controller, Unit string // exact
	Name             string // part of it, in any case; never finds protected people
	Verdict          Verdict
}

// String is the filter as the access log keeps it.
func (f Filter) String() string {
	return filterText("controller", f.Controller, "unit", f.Unit, "name", f.Name, "verdict", string(f.Verdict))
}

// filterText writes pairs of name and value, as far as there is a value. Values
// are quoted: they are what somebody typed, and are shown to others.
func filterText(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			parts = append(parts, fmt.Sprintf("%s=%q", pairs[i], pairs[i+1]))
		}
	}
	return strings.Join(parts, " ")
}

func (f Filter) picks(a Affected) bool {
	byName := f.Name == "" || !a.protected && strings.Contains(strings.ToLower(a.Name), strings.ToLower(f.Name))
	return byName &&
		(f.Controller == "" || f.Controller == a.Controller) &&
		(f.Unit == "" || f.Unit == a.Unit) &&
		(f.Verdict == "" || f.Verdict == a.Verdict)
}

// List is the affected extensions with the counts that go with them. Protected
// extensions are in the counts and not in the list.
type List struct {
	Change     string     `json:"change"`
	Exposed    int        `json:"exposed"`
	Confirmed  int        `json:"confirmed"`
	Masked     int        `json:"masked"`
	Extensions []Affected `json:"extensions"`
	// Unknown counts exposing sessions at mailboxes that nobody is known for. They
	// are in no filtered list.
	Unknown uint64 `json:"sessions_at_unknown_mailboxes"`

	opened int
	proven uint64 // of Unknown, those with direct evidence
}

// Severity of the whole list: playback or an open mailbox, something weaker, or
// nothing exposed.
func (l *List) Severity() Severity {
	switch {
	case l.Confirmed+l.opened > 0 || l.proven > 0:
		return Proven
	case l.Exposed > 0 || l.Unknown > 0:
		return Possible
	}
	return None
}

// Affected lists whose mailboxes were exposed, by extension.
func (a *Auditor) Affected(ctx context.Context, audit *Audit, filter Filter) (*List, error) {
	all, err := a.exposed(ctx, audit)
	if err != nil {
		return nil, err
	}
	if err := a.addRisk(ctx, audit, all); err != nil {
		return nil, err
	}
	protected, err := a.protected(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].protected = all[i].protected || protected.extensions[all[i].Extension]
		all[i].Reasons = protected.hideReasons(all[i].Reasons)
	}
	picked := slices.DeleteFunc(all, func(x Affected) bool { return !filter.picks(x) })
	counts := count(picked)
	list := &List{
		Change: audit.Change.ID, Exposed: counts.Exposed, Confirmed: counts.Confirmed, opened: counts.Opened,
	}
	list.Extensions, _ = access.Mask(picked, func(x Affected) bool { return x.protected })
	list.Masked = counts.Exposed - count(list.Extensions).Exposed
	if filter == (Filter{}) {
		list.Unknown, list.proven, err = a.unknown(ctx, audit)
	}
	return list, err
}

// unknown counts the exposing sessions at mailboxes that nobody is known for, and
// those with direct evidence among them.
func (a *Auditor) unknown(ctx context.Context, audit *Audit) (all, proven uint64, err error) {
	err = a.Store.DB.QueryRow(ctx, compose(`
		WITH {{template "current"}}
		SELECT count(), countIf(verdict IN ('playback-confirmed', 'mailbox-opened'))
		FROM current WHERE box = '' AND has({exposing:Array(String)}, verdict)`, nil), a.auditArgs(audit)...).Scan(&all, &proven)
	if err != nil {
		return 0, 0, fmt.Errorf("counting sessions at unknown mailboxes: %w", err)
	}
	return all, proven, nil
}

// exposed returns a row for every holder of an exposed mailbox, protected ones
// included: it goes no further than this package.
func (a *Auditor) exposed(ctx context.Context, audit *Audit) ([]Affected, error) {
	var verdicts uint64
	err := a.Store.DB.QueryRow(ctx, `SELECT count() FROM verdicts WHERE audit = {audit:String}`, named("audit", audit.ID)).Scan(&verdicts)
	if err != nil {
		return nil, fmt.Errorf("counting verdicts: %w", err)
	}
	var all []Affected
	err = a.inParts(ctx, "reading who was exposed", compose(exposedSQL, nil), verdicts, func(scan func(...any) error) error {
		var x Affected
		var strongest uint64
		if err := scan(&x.Extension, &x.line, &x.Name, &x.Unit, &x.Controller, &x.protected, &x.box, &strongest, &x.Grade,
			&x.Sessions, &x.ConfirmedSessions, &x.MessagesAtRisk.Min, &x.First, &x.Last, &x.Reasons, &x.systems); err != nil {
			return err
		}
		x.Verdict = Exposing[strongest-1]
		x.First, x.Last = x.First.UTC(), x.Last.UTC()
		all = append(all, x)
		return nil
	}, a.auditArgs(audit)...)
	slices.SortFunc(all, func(x, y Affected) int {
		return cmp.Or(strings.Compare(x.Extension, y.Extension), cmp.Compare(x.line, y.line), strings.Compare(x.box, y.box))
	})
	return all, err
}

func (a *Auditor) auditArgs(audit *Audit) []any {
	exposing := make([]string, len(Exposing))
	for i, v := range Exposing {
		exposing[i] = string(v)
	}
	return []any{
		named("audit", audit.ID), named("directory", fmt.Sprint(audit.directory)), named("exposing", exposing),
		named("access", audit.access), named("retention", fmt.Sprint(int(a.retention().Seconds()))),
	}
}

// risk is what the records show of the messages in one mailbox.
type risk struct {
	messages, depositors uint64
	oldest               time.Time // of them
}

// addRisk adds how many messages were at risk, of how many callers, and until
// when they can be listened to.
func (a *Auditor) addRisk(ctx context.Context, audit *Audit, all []Affected) error {
	if len(all) == 0 {
		return nil
	}
	reaches, err := a.reaches(ctx)
	if err != nil {
		return err
	}
	run, first, last, err := a.tellExposures(ctx, all)
	if err != nil {
		return fmt.Errorf("storing which mailboxes were exposed: %w", err)
	}
	left, err := a.sessionsBetween(ctx, first.Add(-a.retention()), last)
	if err != nil {
		return err
	}
	risks := map[string]risk{}
	err = a.inParts(ctx, "counting the messages at risk", compose(atRiskSQL, nil), left, func(scan func(...any) error) error {
		var box string
		var r risk
		err := scan(&box, &r.messages, &r.depositors, &r.oldest)
		risks[box] = risks[box].and(r)
		return err
	}, append(a.auditArgs(audit), named("run", fmt.Sprint(run)), named("first", clock(first)), named("last", clock(last)))...)
	for i := range all {
		all[i].add(risks[all[i].box], reaches, a.retention())
	}
	return errors.Join(err, a.dropRows(ctx, run, "exposed_rows"))
}

// tellExposures stores from when to when each mailbox was exposed, for the question
// after the messages at risk, and returns the first and the last time of all.
func (a *Auditor) tellExposures(ctx context.Context, all []Affected) (run uint64, first, last time.Time, err error) {
	spans := map[string]Affected{}
	for _, x := range all {
		if have, ok := spans[x.box]; ok {
			x.First, x.Last = earlier(x.First, have.First), later(x.Last, have.Last)
		}
		spans[x.box] = x
	}
	run, first, last = rand.Uint64()|1, all[0].First, all[0].Last
	batch, err := a.Store.DB.PrepareBatch(ctx, `INSERT INTO exposed_rows (run, box, first, last)`)
	if err != nil {
		return run, first, last, err
	}
	defer batch.Abort()
	for box, x := range spans {
		first, last = earlier(first, x.First), later(last, x.Last)
		if err := batch.Append(run, box, x.First, x.Last); err != nil {
			return run, first, last, err
		}
	}
	return run, first, last, batch.Send()
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

// sessionsBetween counts the sessions of the days from one time to another, roughly.
func (a *Auditor) sessionsBetween(ctx context.Context, from, to time.Time) (n uint64, err error) {
	built, err := a.builtDays(ctx)
	for _, d := range built {
		if !d.date.Before(from.AddDate(0, 0, -1)) && !d.date.After(to) {
			n += d.reached
		}
	}
	return n, err
}

// and adds what another part of the callers left: they share none.
func (r risk) and(other risk) risk {
	if r.messages == 0 || other.messages > 0 && other.oldest.Before(r.oldest) {
		r.oldest = other.oldest
	}
	return risk{r.messages + other.messages, r.depositors + other.depositors, r.oldest}
}

func (x *Affected) add(r risk, reaches map[string]reach, retention time.Duration) {
	for _, s := range x.systems {
		if reaches[s].first.After(x.First.Add(-retention)) {
			x.MessagesAtRisk.Floor, x.Depositors.Floor = true, true
		}
	}
	x.MessagesAtRisk.Max = max(r.messages, x.MessagesAtRisk.Min)
	x.Depositors.Min = min(1, x.MessagesAtRisk.Min)
	x.Depositors.Max = max(r.depositors, x.Depositors.Min)
	if r.messages > 0 {
		by := r.oldest.UTC().Add(retention)
		x.ListenBy = &by
	}
}

// UnknownValueError says that a filter asks for what the directory does not have:
// "nobody exposed" would be a false answer.
type UnknownValueError struct {
	Field, Value string
	Have         []string
}

func (e *UnknownValueError) Error() string {
	return fmt.Sprintf("no %s is called %q in the directory; it has %q", e.Field, e.Value, e.Have)
}

// DemandKnown returns an [UnknownValueError] for a controller or unit that nobody
// in the directory has.
func (a *Auditor) DemandKnown(ctx context.Context, audit *Audit, f Filter) error {
	for field, value := range map[string]string{"controller": f.Controller, "unit": f.Unit} {
		if value == "" {
			continue
		}
		var have []string
		err := a.each(ctx, "reading the directory", `SELECT DISTINCT if({field:String} = 'unit', unit, controller) AS value FROM directory WHERE version = {version:UInt64} ORDER BY value`,
			func(scan func(...any) error) error {
				var v string
				err := scan(&v)
				have = append(have, v)
				return err
			}, named("field", field), named("version", fmt.Sprint(audit.directory)))
		if err != nil {
			return err
		}
		if !slices.Contains(have, value) {
			return &UnknownValueError{field, value, have}
		}
	}
	return nil
}
