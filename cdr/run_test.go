package cdr

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const recordedRun = "../testdata/asterisk-run"

// truth returns what really happened in each call of the recorded run, by call.
func truth(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(recordedRun, "truth.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	what := map[string]string{}
	for _, row := range rows[1:] {
		what[row[4]] = row[12]
	}
	if len(what) != 167 {
		t.Fatalf("%d calls in the truth, not 167", len(what))
	}
	return what
}

func records(t *testing.T, file, name string) []Record {
	t.Helper()
	f, err := os.Open(filepath.Join(recordedRun, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := NewReader(f, format(t, name), ReaderOptions{Name: file, Zone: time.UTC, Numbers: numbers(t)})
	var all []Record
	for r.Scan() {
		if r.Reject() != nil {
			t.Fatal(r.Reject())
		}
		all = append(all, *r.Record())
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestRecordedRun holds both formats against what really happened: how many
// leaks each shows, and that it accuses no other call.
func TestRecordedRun(t *testing.T) {
	for _, c := range []struct {
		file, format string
		rows         int
		actions      map[Action]int
		open         map[bool]int // calls seen open or played to without a PIN: by whether they leaked
	}{
		{"Master.csv", "asterisk-cdr", 227, map[Action]int{"": 60, Deposit: 36, Retrieval: 23, Unknown: 108}, map[bool]int{true: 8}},
		{"cel.csv", "asterisk-cel", 1617, map[Action]int{"": 1132, Deposit: 336, Retrieval: 141, Playback: 8}, map[bool]int{true: 39}},
	} {
		what, actions, open, calls := truth(t), map[Action]int{}, map[string]bool{}, map[string]bool{}
		rows := records(t, c.file, c.format)
		for _, r := range rows {
			actions[r.Action]++
			calls[r.Call] = true
			if r.Auth == AuthSkipped {
				open[r.Call] = true
			}
		}
		leaked := map[bool]int{}
		for call := range open {
			leaked[strings.HasPrefix(what[call], "LEAK")]++
		}
		if len(rows) != c.rows || len(calls) != len(what) {
			t.Errorf("%s: %d rows of %d calls, want %d of %d", c.file, len(rows), len(calls), c.rows, len(what))
		}
		if diff := cmp.Diff(c.actions, actions); diff != "" {
			t.Errorf("%s: actions (-want +got):\n%s", c.file, diff)
		}
		if diff := cmp.Diff(c.open, leaked); diff != "" {
			t.Errorf("%s: calls without a PIN, by whether they leaked (-want +got):\n%s", c.file, diff)
		}
	}
}

// TestSessionsBehindDial is the fact of the recorded run on which "unknown"
// stands: a voicemail session hidden behind Dial has no partner, a call that a
// person answered has one.
func TestSessionsBehindDial(t *testing.T) {
	what := truth(t)
	hidden := 0
	for _, r := range records(t, "Master.csv", "asterisk-cdr") {
		if r.Action != Unknown {
			continue
		}
		hidden++
		if r.Partner || !r.Answered || what[r.Call] == "" {
			t.Errorf("line %d is unknown with %+v", r.Line, r)
		}
	}
	if hidden != 108 { // 102 behind Dial, 6 behind Hangup
		t.Errorf("%d unknown rows, want 108", hidden)
	}
}
