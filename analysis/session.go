package analysis

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Session is one judged session.
type Session struct {
	ID          string    `json:"session"` // 32 hex digits; a unique beginning of at least 6 finds it
	System      string    `json:"system"`
	Call        string    `json:"call"`
	Mailbox     string    `json:"mailbox"`
	Dialled     string    `json:"dialled"`
	Caller      string    `json:"caller"` // extension, or a stranger's token
	CallerClass string    `json:"caller_class"`
	Begin       time.Time `json:"begin"`
	End         time.Time `json:"end"`
	Verdict     Verdict   `json:"verdict"`
	Grade       string    `json:"grade"`
	Detector    string    `json:"detector"`
	Reasons     []string  `json:"reasons"`
	Messages    []Played  `json:"messages"` // as far as they are known

	day time.Time
}

// Played is a stored message that was played in a session, or may have been if the
// verdict says no more.
type Played struct {
	File string `json:"file"` // FOLDER/FILE then, as the log names it; empty: it does not
	// ID is the message's own, wherever it lies; empty: not known. Only with it
	// the other fields can be known.
	ID string `json:"id"`
	// Seconds is how long it sounded at most; null: not known.
	Seconds *float32 `json:"seconds"`
	// Depositor left it: an extension, or a stranger's token.
	Depositor      string    `json:"depositor"`
	DepositorClass string    `json:"depositor_class"`
	Left           time.Time `json:"left,omitzero"`

	length int64 // seconds; 0: not known
}

// SessionFilter picks sessions. Zero fields pick all.
type SessionFilter struct {
	Verdict   Verdict
	Extension string
	Prefix    string // of the ID
}

// String is the filter as the access log keeps it.
func (f SessionFilter) String() string {
	return filterText("verdict", string(f.Verdict), "extension", f.Extension, "session", f.Prefix)
}

// Sessions lists judged sessions by time. Those at a protected extension's
// mailbox are not in the list; masked counts them, unless the filter asks for one
// extension: a count about one person is about that person.
func (a *Auditor) Sessions(ctx context.Context, audit *Audit, f SessionFilter) (shown []Session, masked int, err error) {
	protected, err := a.protected(ctx)
	if err != nil || protected.extensions[f.Extension] {
		return nil, 0, err
	}
	left, err := a.leftMessages(ctx, audit)
	if err != nil {
		return nil, 0, err
	}
	args := append(a.auditArgs(audit), named("verdict", string(f.Verdict)), named("extension", f.Extension), named("prefix", f.Prefix),
		named("mailboxes", protected.mailboxesOf(f.Extension)))
	err = a.each(ctx, "reading sessions", compose(`
		WITH {{template "current"}}
		SELECT lower(hex(id)), system, call, box, dialled, caller, caller_class, begin, end, verdict, grade, detector, reasons, messages.name, messages.id, messages.seconds, day
		FROM current
		WHERE ({verdict:String} = '' OR verdict = {verdict:String})
		  AND ({extension:String} = '' OR has({mailboxes:Array(String)}, box) OR dialled = {extension:String})
		  AND startsWith(lower(hex(id)), {prefix:String})
		ORDER BY begin, id`, nil),
		func(scan func(...any) error) error {
			var s Session
			var files, ids []string
			var seconds []float32
			if err := scan(&s.ID, &s.System, &s.Call, &s.Mailbox, &s.Dialled, &s.Caller, &s.CallerClass, &s.Begin, &s.End, (*string)(&s.Verdict), &s.Grade, &s.Detector, &s.Reasons, &files, &ids, &seconds, &s.day); err != nil {
				return err
			}
			s.Begin, s.End = s.Begin.UTC(), s.End.UTC()
			s.Messages = played(s.System, files, ids, seconds, left)
			if protected.boxes[base(s.Mailbox)] {
				masked++
				return nil
			}
			shown = append(shown, protected.hide(s))
			return nil
		}, args...)
	if f.Extension != "" {
		masked = 0
	}
	return shown, masked, err
}

// leftMessages returns who left the messages that were played, by their id. They
// may have been left long before.
func (a *Auditor) leftMessages(ctx context.Context, audit *Audit) (map[string]Played, error) {
	left := map[string]Played{}
	err := a.each(ctx, "reading who left the messages", compose(`
		WITH {{template "current"}}
		SELECT system, messages[1] AS message, any(caller), any(caller_class), min(start), max(dateDiff('second', start, end)) FROM records
		WHERE kind = 'message' AND action = 'deposit' AND message NOT IN ('', 'other') AND message IN (SELECT arrayJoin(messages.id) FROM current)
		GROUP BY system, message`, nil),
		func(scan func(...any) error) error {
			var system string
			var p Played
			err := scan(&system, &p.ID, &p.Depositor, &p.DepositorClass, &p.Left, &p.length)
			p.Left = p.Left.UTC()
			left[system+"\x00"+p.ID] = p
			return err
		}, a.auditArgs(audit)...)
	return left, err
}

// played says what is known of the messages of one session. None sounds for longer
// than it is, whatever the next event of the log was.
func played(system string, files, ids []string, seconds []float32, left map[string]Played) []Played {
	all := []Played{}
	for i, id := range ids {
		p := left[system+"\x00"+id]
		p.File, p.ID = files[i], id
		if seconds[i] > 0 {
			at := seconds[i]
			if p.length > 0 {
				at = min(at, float32(p.length)+1)
			}
			p.Seconds = &at
		}
		all = append(all, p)
	}
	return all
}

// UnknownSessionError says that no session, or more than one, has that ID.
type UnknownSessionError struct {
	ID    string
	Found int
}

func (e *UnknownSessionError) Error() string {
	if e.Found > 1 {
		return fmt.Sprintf("session %q: %d begin so; give more of it", e.ID, e.Found)
	}
	return fmt.Sprintf("session %q is not among those that touch the change's window, or may not be shown: see vmaudit session list", e.ID)
}

// Explanation is one session with every record behind its verdict.
type Explanation struct {
	Session
	Records []Evidence `json:"records"`
}

// Evidence is one record of a session's call, as far as it is kept.
type Evidence struct {
	At       time.Time `json:"at"`
	End      time.Time `json:"end,omitzero"`
	Kind     string    `json:"kind"`
	Event    string    `json:"event,omitempty"`
	Leg      string    `json:"leg"`
	App      string    `json:"app,omitempty"`
	Action   string    `json:"action,omitempty"`
	Mailbox  string    `json:"mailbox,omitempty"`
	Auth     string    `json:"auth,omitempty"`
	Grade    string    `json:"grade,omitempty"`
	Messages []string  `json:"messages,omitempty"`
	Cause    string    `json:"cause,omitempty"`
	Server   string    `json:"server,omitempty"`
	Format   string    `json:"format"`
	File     string    `json:"file"`
	Line     uint32    `json:"line"`
}

// Explain returns the session whose ID begins with prefix, with every leg and
// event of its call, and what is known of the messages that were played. A session that may not be shown is an [UnknownSessionError],
// as one that is not there.
func (a *Auditor) Explain(ctx context.Context, audit *Audit, prefix string) (*Explanation, error) {
	prefix = strings.ToLower(prefix)
	if _, err := hex.DecodeString(prefix + strings.Repeat("0", len(prefix)%2)); err != nil || len(prefix) < 6 {
		return nil, &UnknownSessionError{ID: prefix}
	}
	found, _, err := a.Sessions(ctx, audit, SessionFilter{Prefix: prefix})
	if err != nil {
		return nil, err
	}
	protected, err := a.protected(ctx)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, &UnknownSessionError{prefix, len(found)}
	}
	e := &Explanation{Session: found[0]}
	ids := []string{}
	for _, m := range e.Messages {
		if m.ID != "" {
			ids = append(ids, m.ID)
		}
	}
	err = a.each(ctx, "reading the session's records", `
		SELECT start, end, kind, event, leg, app, action, mailbox, auth, grade, arrayMap(m -> if(folder = '', m, concat(folder, '/', m)), messages), cause, server, format, f.name, line
		FROM records AS r FINAL
		LEFT ANY JOIN (SELECT system, file, format, name FROM imports FINAL) AS f ON f.system = r.system AND f.file = r.file AND f.format = r.format
		WHERE system = {system:String} AND (day BETWEEN {day:Date} - 1 AND {day:Date} + 1 AND call = {call:String}
		      OR kind = 'message' AND has({messages:Array(String)}, splitByChar('/', messages[1])[-1]))
		ORDER BY start, format, line`,
		func(scan func(...any) error) error {
			var r Evidence
			if err := scan(&r.At, &r.End, &r.Kind, &r.Event, &r.Leg, &r.App, &r.Action, &r.Mailbox, &r.Auth, &r.Grade, &r.Messages, &r.Cause, &r.Server, &r.Format, &r.File, &r.Line); err != nil {
				return err
			}
			if r.At = r.At.UTC(); r.End.Unix() == 0 {
				r.End = time.Time{}
			}
			e.Records = append(e.Records, protected.hideRecord(r))
			return nil
		}, named("system", e.System), named("day", e.day.Format(time.DateOnly)), named("call", e.Call), named("messages", ids))
	return e, err
}
