package analysis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// Severity is what a command's exit code tells.
type Severity int

// The severities.
const (
	None     Severity = iota // no session exposed anybody
	Possible                 // exposed, nothing stronger than not-excluded or suspected
	Proven                   // a message was played to a stranger, or a stranger stood in the mailbox
)

// Window is the time in which sessions count, [From, To).
type Window struct {
	From  time.Time  `json:"from"`
	To    *time.Time `json:"to"` // null: still open
	Basis string     `json:"basis"`
}

// Counts of extensions, each by its strongest verdict.
type Counts struct {
	Exposed       int `json:"exposed"`
	Confirmed     int `json:"confirmed"`
	Opened        int `json:"opened"`
	Suspected     int `json:"suspected"`
	NotExcluded   int `json:"not_excluded"`
	DepositLogged int `json:"deposit_logged"`
}

// ControllerCounts is one controller's share. An extension that the directory
// does not know has the controller "".
type ControllerCounts struct {
	Controller string `json:"controller"`
	Exposed    int    `json:"exposed"`
	Confirmed  int    `json:"confirmed"`
}

// Summary is an audit in numbers.
type Summary struct {
	Change string `json:"change"`
	Window Window `json:"window"`
	// AsOf is set when only what began before counts: this is then no audit of
	// the whole window.
	AsOf        *time.Time         `json:"as_of"`
	Statement   Statement          `json:"statement"`
	Rows        uint64             `json:"rows"`     // records that the database holds, as of AsOf
	Sessions    map[Verdict]uint64 `json:"sessions"` // every verdict, those in no session too
	Extensions  Counts             `json:"extensions"`
	Controllers []ControllerCounts `json:"controllers"`
	// Notes say what limits the numbers; they are part of the answer.
	Notes []string `json:"notes"`

	days         period
	unfinished   bool   // an import is
	otherServers uint64 // sessions out of scope by their server
}

// ErrUnfinished refuses "nobody exposed" while an import is not finished.
var ErrUnfinished = errors.New("an import is not finished: that nobody was exposed does not follow; let it end, or run it again")

// Severity of the audit.
func (s *Summary) Severity() Severity {
	switch {
	case s.Extensions.Confirmed+s.Extensions.Opened > 0, s.Sessions[PlaybackConfirmed]+s.Sessions[MailboxOpened] > 0:
		return Proven
	case s.Extensions.Exposed > 0 || s.exposingSessions() > 0:
		return Possible
	}
	return None
}

// exposingSessions counts those at unknown mailboxes too.
func (s *Summary) exposingSessions() (n uint64) {
	for _, v := range Exposing {
		n += s.Sessions[v]
	}
	return n
}

// Summarise counts what the audit found.
func (a *Auditor) Summarise(ctx context.Context, audit *Audit) (*Summary, error) {
	exposed, err := a.exposed(ctx, audit)
	if err != nil {
		return nil, err
	}
	s := &Summary{
		Change: audit.Change.ID, Window: Window{From: audit.Change.From.UTC(), Basis: audit.Change.Basis},
		Extensions: count(exposed), Controllers: byController(exposed), Sessions: map[Verdict]uint64{}, Notes: []string{},
	}
	if !audit.Change.Open() {
		to := audit.Change.To.UTC()
		s.Window.To = &to
	}
	if !audit.AsOf.IsZero() {
		asOf := audit.AsOf.UTC()
		s.AsOf = &asOf
	}
	s.days = daysOf(audit.Change.From, audit.Change.To, audit.AsOf, a.zone())
	if err := a.countSessions(ctx, audit, s); err != nil {
		return nil, err
	}
	s.state("", "")
	if err := a.note(ctx, audit, s); err != nil {
		return nil, err
	}
	if s.unfinished && s.Severity() == None {
		return s, ErrUnfinished
	}
	return s, nil
}

// count counts extensions. One that changed hands in the window has several rows.
func count(rows []Affected) (c Counts) {
	strongest := map[string]Verdict{}
	for _, x := range rows {
		if have, ok := strongest[x.Extension]; !ok || x.Verdict.strength() < have.strength() {
			strongest[x.Extension] = x.Verdict
		}
	}
	c.Exposed = len(strongest)
	for _, v := range strongest {
		switch v {
		case PlaybackConfirmed:
			c.Confirmed++
		case MailboxOpened:
			c.Opened++
		case PlaybackSuspected:
			c.Suspected++
		case NotExcluded:
			c.NotExcluded++
		case DepositLogged:
			c.DepositLogged++
		}
	}
	return c
}

func byController(rows []Affected) []ControllerCounts {
	groups := map[string][]Affected{}
	for _, x := range rows {
		groups[x.Controller] = append(groups[x.Controller], x)
	}
	all := []ControllerCounts{}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		c := count(groups[name])
		all = append(all, ControllerCounts{name, c.Exposed, c.Confirmed})
	}
	return all
}

func (a *Auditor) countSessions(ctx context.Context, audit *Audit, s *Summary) error {
	for _, v := range Verdicts {
		s.Sessions[v] = 0
	}
	err := a.each(ctx, "counting verdicts", compose(`WITH {{template "current"}} SELECT verdict, count(), countIf(has(reasons, 'server-not-changed')) FROM current GROUP BY verdict`, nil),
		func(scan func(...any) error) error {
			var v string
			var n, otherServers uint64
			err := scan(&v, &n, &otherServers)
			s.Sessions[Verdict(v)] = n
			s.otherServers += otherServers
			return err
		}, a.auditArgs(audit)...)
	if err != nil {
		return err
	}
	// What is not known yet is counted nowhere.
	records, unreached := `SELECT sum(records) FROM session_days FINAL`, `SELECT sum(calls) - sum(reached) FROM session_days FINAL`
	if !audit.AsOf.IsZero() {
		records = `SELECT count() FROM records WHERE start < {as_of:DateTime64(3, 'UTC')}`
		unreached = `SELECT count() FROM (SELECT 1 FROM records WHERE kind != 'message' AND start < {as_of:DateTime64(3, 'UTC')} GROUP BY system, call HAVING max(action) = '')`
	}
	var outside, none uint64
	err = a.Store.DB.QueryRow(ctx, `
		SELECT (`+records+`),
		       (SELECT countIf(NOT (({open:Bool} OR begin < {to:DateTime64(3, 'UTC')}) AND greatest(end, begin) >= {from:DateTime64(3, 'UTC')}))
		        FROM sessions WHERE moved = 0 AND begin < {as_of:DateTime64(3, 'UTC')} AND (system, day, build) IN (SELECT system, day, build FROM session_days FINAL)),
		       (`+unreached+`)::UInt64`, append(a.window(audit.Change), named("as_of", asOf(audit.AsOf)))...).Scan(&s.Rows, &outside, &none)
	s.Sessions[OutOfWindow] = outside
	s.Sessions[NoVoicemail] = none
	return err
}

// unlisted counts the sessions that only the vendor's list leaves out.
func (s *Summary) unlisted() uint64 { return s.Sessions[OutOfScope] - s.otherServers }
