package analysis_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmaudit/analysis"
	"vmaudit/cdr"
	"vmaudit/internal/clickhouse/chtest"
	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

func TestMain(m *testing.M) { chtest.Main(m) }

const recorded = "../testdata/asterisk-run"

// faulty is when the recorded system's upgrade took effect.
var faulty = time.Date(2026, 11, 21, 21, 53, 5, 0, time.UTC)

// town is a database with the recorded run in it.
type town struct {
	*testing.T
	store   *store.Store
	numbers *number.Normaliser
	auditor *analysis.Auditor
	zone    *time.Location // of exports
}

func newTown(t *testing.T, plan *number.Plan) *town {
	t.Helper()
	key, err := number.LoadKey(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), chtest.New(t), key)
	if err != nil {
		t.Fatal(err)
	}
	return &town{t, s, number.NewNormaliser(plan, key), &analysis.Auditor{Store: s, Plan: plan, Numbers: number.NewNormaliser(plan, key)}, time.UTC}
}

func (w *town) load(format, name string) store.Entry {
	w.Helper()
	registry, err := cdr.Formats(os.DirFS("testdata/formats"))
	if err != nil {
		w.Fatal(err)
	}
	f, err := registry.Lookup(format)
	if err != nil {
		w.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		w.Fatal(err)
	}
	defer file.Close()
	entry, err := w.store.Import(w.Context(), store.Source{Name: name, File: file}, store.Job{System: "asterisk", Format: f, Zone: w.zone, Numbers: w.numbers})
	if err != nil {
		w.Fatal(err)
	}
	return entry
}

// loadText imports an export that stands in the test.
func (w *town) loadText(format, text string) {
	w.Helper()
	name := filepath.Join(w.TempDir(), format+".csv")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	if e := w.load(format, name); e.Rejected > 0 {
		w.Fatalf("%d lines of the test's own export were rejected", e.Rejected)
	}
}

func (w *town) directory(name string) {
	w.Helper()
	file, err := os.Open(name)
	if err != nil {
		w.Fatal(err)
	}
	defer file.Close()
	report, err := w.store.ImportDirectory(w.Context(), file, w.numbers, time.UTC)
	if err != nil {
		w.Fatal(err, report.Problems)
	}
}

func (w *town) directoryText(text string) {
	w.Helper()
	name := filepath.Join(w.TempDir(), "directory.csv")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	w.directory(name)
}

func (w *town) audit(change store.Change) *analysis.Audit {
	w.Helper()
	audit, err := w.auditor.Audit(w.Context(), change)
	if err != nil {
		w.Fatal(err)
	}
	return audit
}

func (w *town) sessions(audit *analysis.Audit) []analysis.Session {
	w.Helper()
	all, _, err := w.auditor.Sessions(w.Context(), audit, analysis.SessionFilter{})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// call is a row of truth.csv.
type call struct{ id, phase, plan, mailbox, truth, kind, exposed, moved string }

func truth(t *testing.T) map[string]call {
	t.Helper()
	f, err := os.Open(filepath.Join(recorded, "truth.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]call{}
	for _, r := range rows[1:] {
		calls[r[4]] = call{id: r[0], phase: r[1], plan: r[2], mailbox: r[9], truth: r[12], kind: r[13], exposed: r[14], moved: r[20]}
	}
	if len(calls) != 167 {
		t.Fatalf("truth.csv has %d calls, want 167", len(calls))
	}
	return calls
}

// unprotected lets the tests see every session: the recorded directory protects 4107.
func unprotected(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(recorded, "directory.csv"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "directory.csv")
	if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(text), ",yes,sv", ",no,sv")), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestRecordedRun holds the verdicts on a real system's exports against what the
// callers really heard. The README's table has these figures.
func TestRecordedRun(t *testing.T) {
	for _, test := range []struct {
		name  string
		files [][2]string
		want  map[string]int
	}{
		{"CDR", [][2]string{{"asterisk-cdr", "Master.csv"}}, map[string]int{
			"LEAK mailbox-opened": 8, "LEAK not-excluded": 35,
		}},
		{"CDR and CEL", [][2]string{{"asterisk-cdr", "Master.csv"}, {"asterisk-cel", "cel.csv"}}, map[string]int{
			"LEAK playback-confirmed": 4, "LEAK mailbox-opened": 35, "LEAK deposit-logged": 4,
		}},
		{"CEL and CDR", [][2]string{{"asterisk-cel", "cel.csv"}, {"asterisk-cdr", "Master.csv"}}, map[string]int{
			"LEAK playback-confirmed": 4, "LEAK mailbox-opened": 35, "LEAK deposit-logged": 4,
		}},
		{"CDR and spool", [][2]string{{"asterisk-cdr", "Master.csv"}, {"asterisk-spool", "spool.csv"}}, map[string]int{
			"LEAK playback-confirmed": 6, "LEAK playback-suspected": 12, "LEAK mailbox-opened": 2, "LEAK not-excluded": 23,
		}},
		{"CDR, CEL and spool", [][2]string{{"asterisk-cdr", "Master.csv"}, {"asterisk-cel", "cel.csv"}, {"asterisk-spool", "spool.csv"}}, map[string]int{
			"LEAK playback-confirmed": 26, "LEAK mailbox-opened": 17,
		}},
		{"spool, CEL and CDR", [][2]string{{"asterisk-spool", "spool.csv"}, {"asterisk-cel", "cel.csv"}, {"asterisk-cdr", "Master.csv"}}, map[string]int{
			"LEAK playback-confirmed": 26, "LEAK mailbox-opened": 17,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newTown(t, nil)
			for _, f := range test.files {
				w.load(f[0], filepath.Join(recorded, f[1]))
			}
			w.directory(unprotected(t))
			audit := w.audit(store.Change{ID: "upgrade", From: faulty})
			got := map[string]int{}
			calls := truth(t)
			judged := w.byCall(audit, calls)
			for id, s := range judged {
				c := calls[id]
				what := c.truth
				if strings.HasPrefix(what, "LEAK") {
					what = "LEAK"
				}
				if c.kind == "misdelivered" {
					what = "misdelivered"
				}
				got[what+" "+string(s.Verdict)]++
				if what != "LEAK" && (s.Verdict == analysis.PlaybackConfirmed || s.Verdict == analysis.MailboxOpened) {
					t.Errorf("%s (%s) is %s: a false alarm", c.id, c.truth, s.Verdict)
				}
				if strings.Contains(test.name, "CEL") && s.Mailbox != c.whose() && s.Mailbox != c.mailbox {
					t.Errorf("%s: mailbox %q, want %q", c.id, s.Mailbox, c.whose())
				}
				c.wantPlayed(t, s)
			}
			for _, k := range slices.Sorted(maps.Keys(got)) {
				t.Log(k, got[k])
			}
			leaks := maps.Clone(got)
			maps.DeleteFunc(leaks, func(k string, _ int) bool { return !strings.HasPrefix(k, "LEAK") })
			if diff := cmp.Diff(test.want, leaks); diff != "" {
				t.Errorf("verdicts of the leaks (-want +got):\n%s", diff)
			}
			w.wantInReadme(test.name, leaks)
			if w.inWindow(calls) != len(judged) {
				t.Errorf("%d calls with sessions in the window, want %d", len(judged), w.inWindow(calls))
			}
		})
	}
}

// byCall returns the strongest session of every call. Messages of which the
// records do not show who listened are nobody's.
func (w *town) byCall(audit *analysis.Audit, calls map[string]call) map[string]analysis.Session {
	w.Helper()
	strongest := map[string]analysis.Session{}
	for _, s := range w.sessions(audit) {
		if slices.Contains(s.Reasons, "moved-without-a-call") {
			if calls[s.Call].id != "" || s.Verdict != analysis.NotExcluded {
				w.Errorf("a message that nobody is known to have heard: %+v", s)
			}
			continue
		}
		if calls[s.Call].id == "" {
			w.Errorf("session of call %q, which was never made", s.Call)
		}
		have, ok := strongest[s.Call]
		if !ok || slices.Index(analysis.Exposing, s.Verdict) < slices.Index(analysis.Exposing, have.Verdict) {
			strongest[s.Call] = s
		}
	}
	return strongest
}

// whose is the mailbox whose messages were heard.
func (c call) whose() string {
	if owner, _, ok := strings.Cut(c.exposed, "/"); ok {
		return owner
	}
	return c.mailbox
}

// wantPlayed wants no message to be named that the caller did not hear, and one at
// least where the playback is confirmed by the spool: of two callers who leave in
// the same second it is not sure who heard which.
func (c call) wantPlayed(t *testing.T, s analysis.Session) {
	t.Helper()
	named := 0
	for _, m := range s.Messages {
		if m.ID == "" {
			continue
		}
		named++
		if s.Verdict == analysis.PlaybackConfirmed && !strings.Contains(c.exposed, m.ID) {
			t.Errorf("%s: message %s was not heard: %q was", c.id, m.ID, c.exposed)
		}
		if m.Left.IsZero() || m.Depositor == "" {
			t.Errorf("%s: message %s: who left it is not told: %+v", c.id, m.ID, m)
		}
	}
	if want := len(strings.FieldsFunc(c.moved, func(r rune) bool { return r == ';' })); s.Verdict == analysis.PlaybackConfirmed && slices.Contains(s.Reasons, "message-moved") && (named == 0 || named > want) {
		t.Errorf("%s: %d messages are named, %d were moved", c.id, named, want)
	}
}

// inWindow counts the calls of the truth that touch the window: all after the
// upgrade, and the two owners' calls that it cut into.
func (w *town) inWindow(calls map[string]call) (n int) {
	for _, c := range calls {
		if c.phase == "leaky" || c.id == "h082" || c.id == "h090" {
			n++
		}
	}
	return n
}

// wantInReadme wants the figures in the README's table.
func (w *town) wantInReadme(name string, leaks map[string]int) {
	w.Helper()
	if name == "CEL and CDR" || name == "spool, CEL and CDR" {
		return // the other order of the row above
	}
	text, err := os.ReadFile("../README.md")
	if err != nil {
		w.Fatal(err)
	}
	row := "| " + name + " |"
	for _, v := range []analysis.Verdict{analysis.PlaybackConfirmed, analysis.MailboxOpened, analysis.PlaybackSuspected, analysis.NotExcluded, analysis.DepositLogged} {
		row += fmt.Sprintf(" %d |", leaks["LEAK "+string(v)])
	}
	if !strings.Contains(string(text), row+"\n") {
		w.Errorf("the README's table lacks the row %q", row)
	}
}
