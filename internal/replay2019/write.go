package replay2019

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Session is one session of a stranger at an exposed mailbox.
type Session struct {
	At     time.Time // in Europe/Stockholm
	Played bool      // and the platform logged it
}

// Exposed is one extension of the vendor's list, with what really happened.
type Exposed struct {
	Extension, Controller string
	Sessions              []Session // in order of time
}

// Played reports whether the platform logged a playback to a stranger.
func (x Exposed) Played() bool {
	for _, s := range x.Sessions {
		if s.Played {
			return true
		}
	}
	return false
}

// Truth is what happened in the city.
type Truth struct {
	Exposed     []Exposed
	Confirmed   int // of them, with a logged playback
	OtherServer int // extensions with the same kind of calls on servers that were not changed
	Boundary    int // extensions called half past midnight on 22 February only
}

// zoneName is where the city lies.
const zoneName = "Europe/Stockholm"

// Write writes the exports and what goes with them into dir, which it makes. A
// folder that has files already is refused.
func Write(dir string) (*Truth, error) {
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if have, err := os.ReadDir(dir); err != nil || len(have) > 0 {
		return nil, errors.Join(err, fmt.Errorf("%q is not empty: name a folder that is new", dir))
	}
	r := happen(zone)
	truth := r.truth()
	for name, write := range map[string]func(*bufio.Writer) error{
		"poor.csv": r.poor, "rich.csv": r.rich, "directory.csv": r.directory, "vendor-list.txt": r.vendorList,
		"controls.csv": r.controls, "README.txt": truth.readme,
	} {
		if err := writeFile(filepath.Join(dir, name), write); err != nil {
			return nil, err
		}
	}
	return truth, nil
}

func writeFile(name string, write func(*bufio.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<18)
	if err := write(w); err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	return f.Close()
}

func (r *reality) truth() *Truth {
	t := &Truth{OtherServer: len(r.roles.otherServer), Boundary: len(r.roles.early)}
	at := map[*person]int{}
	for i, p := range r.roles.exposed {
		at[p] = i
		t.Exposed = append(t.Exposed, Exposed{Extension: p.extension, Controller: p.controller})
	}
	for _, c := range r.calls {
		if c.kind == deposit || c.kind == played {
			x := &t.Exposed[at[c.to]]
			x.Sessions = append(x.Sessions, Session{c.at, c.kind == played})
		}
	}
	for _, x := range t.Exposed {
		if x.Played() {
			t.Confirmed++
		}
	}
	return t
}

// Calls have a number of their own in each export, as two systems would give.
func (c *call) poorID() int { return 100000 + c.number }
func (c *call) richID() int { return 500000 + 3*c.number }

// poor writes the exchange's billing records: who called whom when, and where the
// call ended.
func (r *reality) poor(w *bufio.Writer) error {
	const heading = "record,started,seconds,from,to,connected\n"
	w.WriteString(heading) // a write that failed is told by Flush
	var line []byte
	for i := range r.calls {
		c := &r.calls[i]
		to, connected := c.to.extension, c.to.extension
		switch {
		case c.own():
			to, connected = accessNumber, accessNumber
		case c.diverted():
			connected = accessNumber
		case c.kind == ceased:
			connected = "ANNOUNCEMENT"
		}
		line = append(line[:0], 'K')
		line = strconv.AppendInt(line, int64(c.poorID()), 10)
		line = append(line, ',')
		line = c.at.AppendFormat(line, time.DateTime)
		line = append(line, ',')
		line = strconv.AppendInt(line, int64(c.seconds), 10)
		line = appendFields(line, c.caller, to, connected)
		w.Write(append(line, '\n'))
	}
	return nil
}

func appendFields(line []byte, fields ...string) []byte {
	for _, f := range fields {
		line = append(append(line, ','), f...)
	}
	return line
}

// event is one row of the voicemail platform's log.
type event struct {
	after                 int // seconds since the session began
	name, result, message string
}

// events are what the platform logs of a call that reaches it; none else.
func (c *call) events() []event {
	begin, end := event{0, "BEGIN", "", ""}, event{c.seconds, "END", "", ""}
	login, play := event{4, "LOGIN", "OK", ""}, event{6, "PLAY", "", "msg0000"}
	switch {
	case c.kind == played:
		return []event{begin, {5, "PLAY", "", "msg0000"}, end}
	case c.diverted():
		return []event{begin, {7, "RECORD", "", ""}, end}
	case c.kind == trusted:
		return []event{begin, play, end}
	case c.own():
		return []event{begin, login, play, end}
	}
	return nil
}

// rich writes the voicemail platform's log.
func (r *reality) rich(w *bufio.Writer) error {
	const heading = "time,session,server,event,result,mailbox,from,dialled,message\n"
	w.WriteString(heading)
	var line []byte
	for i := range r.calls {
		c := &r.calls[i]
		dialled := c.to.extension
		if c.own() {
			dialled = accessNumber
		}
		for _, e := range c.events() {
			line = c.at.Add(time.Duration(e.after)*time.Second).AppendFormat(line[:0], time.DateTime)
			line = append(line, ",S"...)
			line = strconv.AppendInt(line, int64(c.richID()), 10)
			line = appendFields(line, c.to.server, e.name, e.result, c.to.extension, c.caller, dialled, e.message)
			w.Write(append(line, '\n'))
		}
	}
	return nil
}

// directory writes who holds which extension, in the columns of the recorded run.
func (r *reality) directory(w *bufio.Writer) error {
	rows := [][]string{{"extension", "did", "mobile", "mailbox", "name", "title", "unit", "controller", "manager", "email", "activity", "client_facing", "protected", "language"}}
	for _, p := range r.people {
		rows = append(rows, []string{p.extension, "", p.mobile, p.extension, p.name, p.unit.title, p.unit.name, p.controller,
			"Chef " + p.unit.name, "p" + p.extension + "@example.org", p.unit.activity, yesNo(p.unit.clients), yesNo(p.protected), "sv"})
	}
	return csv.NewWriter(w).WriteAll(rows)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (r *reality) vendorList(w *bufio.Writer) error {
	for _, p := range r.roles.exposed {
		w.WriteString(p.extension)
		w.WriteByte('\n')
	}
	return nil
}

// controls writes the calls that must never enter a list, by their names in both
// exports; the rich one has no row of calls that did not reach voicemail.
func (r *reality) controls(w *bufio.Writer) error {
	w.WriteString("kind,extension,at,poor_record,rich_session\n")
	for i := range r.calls {
		c := &r.calls[i]
		if c.kind == deposit || c.kind == played {
			continue
		}
		rich := ""
		if len(c.events()) > 0 {
			rich = "S" + strconv.Itoa(c.richID())
		}
		line := appendFields([]byte(c.kind), c.to.extension, c.at.Format(time.RFC3339), "K"+strconv.Itoa(c.poorID()), rich)
		w.Write(append(line, '\n'))
	}
	return nil
}

func (t *Truth) readme(w *bufio.Writer) error {
	_, err := io.WriteString(w, fmt.Sprintf(`The incident of February 2019 in an invented city, 15 February to 5 March 2019, local times of %s.
Nobody in it exists: outside callers have numbers that are reserved for fiction.

poor.csv         billing records of an exchange (profile testdata/replay2019/formats/taxa.yaml)
rich.csv         log of the voicemail platform (profile testdata/replay2019/formats/svara.yaml)
directory.csv    who holds which extension
vendor-list.txt  the extensions that the vendor names: %d
controls.csv     calls that must never enter a list

What happened: %d extensions were exposed between 22 and 26 February, on the servers %s; in %d of them the
platform logged that it played a message to a stranger. The change was made on 22 February at 02:00, and
mended on 26 February at 23:30. %d extensions on other servers had calls of the same kind. %d were called
at 00:30 on 22 February only, before the change: a window of whole days takes them in.
`, zoneName, len(t.Exposed), len(t.Exposed), strings.Join(ChangedServers, " and "), t.Confirmed, t.OtherServer, t.Boundary))
	return err
}
