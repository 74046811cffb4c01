package analysis

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vmaudit/internal/access"
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
	holder
	played  map[string]bool // ids of the messages
	systems map[string]bool // whose records show the sessions
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
