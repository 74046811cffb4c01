package cdr

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"vmaudit/internal/number"
)

// ReaderOptions says what an export does not say itself.
type ReaderOptions struct {
	// Name of the file, shown in rejects. Default "-".
	Name string
	// Zone of its local times. Without it the first local time ends the
	// reading with [ErrNoZone]. Give time.UTC for a system that writes UTC.
	Zone *time.Location
	// Numbers normalises its numbers. Required; the reader uses it alone
	// until it has ended, so give each reader that runs at the same time a
	// clone.
	Numbers *number.Normaliser
}

// Counts is what a reader has met so far. The three add up to the rows read.
type Counts struct {
	Records, Rejects int64
	Skipped          int64 // empty lines and a heading
}

// Reader reads the rows of one export, like a bufio.Scanner: call Scan until it
// returns false, then Err. It is for one goroutine.
type Reader struct {
	f       *Format
	name    string
	numbers *number.Normaliser
	clock   clock
	in      scanner

	counts Counts
	record Record
	reject *Reject
	err    error

	field    []int // of each slot, for the current row
	derived  [][]byte
	answered bool
	partner  bool
	action   Action

	memo    map[string]*outcome // see judge
	memoKey []byte
	words   map[string]string // see word
	seen    ordinals
	idBuf   []byte
}

// NewReader returns a reader of an export in format f.
func NewReader(r io.Reader, f *Format, o ReaderOptions) *Reader {
	rd := &Reader{
		f: f, name: o.Name, numbers: o.Numbers,
		clock:   clock{layouts: f.times, zone: o.Zone},
		field:   make([]int, len(f.names)),
		derived: make([][]byte, len(f.names)),
		memo:    map[string]*outcome{},
		words:   map[string]string{},
		seen:    ordinals{now: map[ID]uint32{}},
	}
	if rd.name == "" {
		rd.name = "-"
	}
	if o.Numbers == nil {
		rd.err = errors.New("cdr: ReaderOptions.Numbers is missing")
	}
	rd.in = scanner{in: r, fits: rd.fits}
	return rd
}

// Scan reads the next row, and returns false at the end or when reading failed.
// After true, either Reject is not nil or Record is the row.
func (r *Reader) Scan() bool {
	r.reject = nil
	for r.err == nil {
		if !r.in.next() {
			r.fail(r.in.err)
			return false
		}
		if r.skip() {
			r.counts.Skipped++
			continue
		}
		fault := r.in.fault
		if fault == "" {
			fault = r.read()
		}
		if r.err != nil {
			return false
		}
		if fault == "" {
			r.counts.Records++
			return true
		}
		r.refuse(fault)
		return true
	}
	return false
}

// Record returns the row that Scan read. It is overwritten by the next Scan; a
// plain copy of it stays valid.
func (r *Reader) Record() *Record { return &r.record }

// Reject returns why the row that Scan met is no record, or nil if it is one.
func (r *Reader) Reject() *Reject { return r.reject }

// Err returns what ended the reading early: an I/O error, [ErrNoZone], or nil.
func (r *Reader) Err() error { return r.err }

// Counts returns what was met so far.
func (r *Reader) Counts() Counts { return r.counts }

// Offset returns how many bytes of the input the rows so far take up.
func (r *Reader) Offset() int64 { return r.in.offset }

func (r *Reader) fail(err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("reading %s after line %d: %w", r.name, r.in.line, err)
	}
}

func (r *Reader) refuse(reason string) {
	r.counts.Rejects++
	raw := bytes.Clone(r.in.raw)
	r.reject = &Reject{File: r.name, Line: r.in.rowLine, Reason: reason, Raw: raw, Preview: preview(raw)}
}

var byteOrderMark = []byte("\uFEFF")

// skip reports lines that are no rows: empty ones, and a heading with the
// columns' names, which custom exports have.
func (r *Reader) skip() bool {
	if len(bytes.TrimSpace(r.in.raw)) == 0 {
		return true
	}
	if r.in.rowLine != 1 || r.in.fault != "" {
		return false
	}
	for i := range r.in.fields {
		name := strings.ToLower(string(r.in.field(i)))
		if slot, ok := r.f.slots[name]; !ok || slot == r.f.actionSlot {
			return false
		}
	}
	return true
}

// value returns what is in a slot of the current row.
func (r *Reader) value(slot int) []byte {
	if i := r.field[slot]; i >= 0 {
		return r.in.field(i)
	}
	switch slot {
	case r.f.answeredSlot:
		return yesNo(r.answered)
	case r.f.partnerSlot:
		return yesNo(r.partner)
	case r.f.actionSlot:
		return []byte(r.action)
	}
	return r.derived[slot]
}

var yes, no = []byte("yes"), []byte("no")

func yesNo(b bool) []byte {
	if b {
		return yes
	}
	return no
}

// read makes the current row a record. It returns why it cannot, "" if it can.
func (r *Reader) read() (fault string) {
	l := r.f.layouts[len(r.in.fields)]
	if l == nil {
		return fmt.Sprintf("%d columns: %s has %s", len(r.in.fields), r.f.Name, r.f.columnCounts())
	}
	r.place(l)
	rec := &r.record
	*rec = Record{Line: r.in.rowLine, Kind: r.f.Kind}
	if fault := r.readTimes(rec); fault != "" {
		return fault
	}
	r.action = NoAction
	r.answered = len(r.f.answered) > 0 && r.f.answered.hold(r)
	r.partner = len(r.f.partner) > 0 && r.f.partner.hold(r)
	o := r.judge()
	r.action = o.action
	rec.Answered, rec.Partner = r.answered, r.partner
	rec.Action, rec.Auth, rec.Grade, rec.Sounding = o.action, o.auth, o.grade, o.sounding
	rec.Mailbox, rec.Folder, rec.Messages = o.mailbox, o.folder, o.messages
	r.readTexts(rec)
	return ""
}

// place finds the field of every slot in this row.
func (r *Reader) place(l *layout) {
	copy(r.field, l.field)
	for _, k := range l.forks {
		slot := k.second
		if k.shape.Match(r.in.field(k.field)) {
			slot = k.first
		}
		r.field[slot] = k.field
	}
	for _, d := range r.f.derived {
		r.derived[d.slot] = member(r.value(d.from), d.member)
	}
}

// fits reports whether the row that was cut out of several lines has the
// columns and the times of one.
func (r *Reader) fits() bool {
	l := r.f.layouts[len(r.in.fields)]
	if l == nil {
		return false
	}
	r.place(l)
	var rec Record
	return r.readTimes(&rec) == "" || r.err != nil
}

func (r *Reader) readTexts(rec *Record) {
	rec.ID = r.identify()
	rec.Call = r.key(r.f.call, nil)
	rec.Leg = r.key(r.f.leg, &rec.Call)
	rec.Channel = channel(first(r.f.channel, r))
	rec.Event = r.word(first(r.f.event, r))
	rec.App = r.word(first(r.f.app, r))
	rec.Cause = r.word(first(r.f.cause, r))
	rec.Server = r.server(first(r.f.server, r))
	rec.Caller = r.party(r.f.caller)
	if rec.Caller == (number.Party{}) && r.hasCaller() {
		rec.Caller.Class = number.Withheld
	}
	rec.Dialled = r.party(r.f.dialled)
	rec.Diverting = r.party(r.f.divert)
	rec.Undiverted = len(r.f.divert) > 0 && rec.Diverting == (number.Party{})
}

// readTimes fills the times. For the span of a row in the repeated hour it
// takes the widest reading: what may lie in the window must not fall out of it.
func (r *Reader) readTimes(rec *Record) (fault string) {
	start, fault := r.time(r.f.start)
	if fault != "" {
		return fault
	}
	if start.earliest.IsZero() {
		return "the row has no time"
	}
	answer, fault := r.time(r.f.answer)
	if fault != "" {
		return fault
	}
	end, fault := r.time(r.f.end)
	if fault != "" {
		return fault
	}
	rec.Start, rec.Answer, rec.End = start.earliest, answer.earliest, end.latest
	if rec.End.IsZero() && start.earliest != start.latest {
		rec.End = start.latest // an event that may have been an hour later
	}
	rec.Ambiguous = start.earliest != start.latest || answer.earliest != answer.latest || end.earliest != end.latest
	return ""
}

func (r *Reader) time(slot int) (t reading, fault string) {
	if slot < 0 {
		return t, ""
	}
	b := r.value(slot)
	t, err := r.clock.parse(b)
	if errors.Is(err, ErrNoZone) {
		r.err = fmt.Errorf("%s:%d: %w", r.name, r.in.rowLine, err)
		return t, err.Error()
	}
	if err != nil {
		return t, fmt.Sprintf("%s %q %v", r.f.names[slot], preview(b), err)
	}
	return t, ""
}

// hasCaller reports whether a row without a caller's number could have had one:
// then the number was withheld.
func (r *Reader) hasCaller() bool {
	for i := range r.f.caller {
		if s := &r.f.caller[i]; s.when.hold(r) && !s.unless.any(r) {
			return true
		}
	}
	return false
}

// party normalises the first source that has a value.
func (r *Reader) party(sources []compiledSource) number.Party {
	b := first(sources, r)
	if b == nil {
		return number.Party{}
	}
	return r.numbers.PartyBytes(b)
}
