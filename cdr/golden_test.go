package cdr

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"vmaudit/internal/number"
)

var update = flag.Bool("update", false, "rewrite the expected records")

// fixedKey is a key that is nobody's secret, so that tokens are the same in
// every run.
const fixedKey = "vmaudit-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 367b58b6\n"

func numbers(t testing.TB) *number.Normaliser {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(fixedKey), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := number.LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	return number.NewNormaliser(&number.Plan{
		Extensions: []string{"4100-4199"},
		Access:     []string{"8500", "*98"},
		DIDs:       map[string]string{"+468465004": "41"},
	}, key)
}

func stockholm(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func format(t testing.TB, name string) *Format {
	t.Helper()
	reg, err := Formats()
	if err != nil {
		t.Fatal(err)
	}
	f, err := reg.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// seen is one row as the expected-records files have it.
type seen struct {
	Line   int
	Reject string            `json:",omitempty"`
	Shape  string            `json:",omitempty"`
	Times  []string          `json:",omitempty"`
	Flags  []string          `json:",omitempty"`
	Fields map[string]string `json:",omitempty"`
	Msgs   []string          `json:",omitempty"`
}

func show(r *Reader) seen {
	if rej := r.Reject(); rej != nil {
		return seen{Line: rej.Line, Reject: rej.Reason, Shape: rej.Preview}
	}
	rec := r.Record()
	s := seen{Line: rec.Line, Msgs: rec.Messages, Fields: map[string]string{}}
	for _, t := range []time.Time{rec.Start, rec.Answer, rec.End} {
		text := "-"
		if !t.IsZero() {
			text = t.Format(time.RFC3339Nano)
		}
		s.Times = append(s.Times, text)
	}
	for name, set := range map[string]bool{"ambiguous": rec.Ambiguous, "sounding": rec.Sounding, "undiverted": rec.Undiverted, "answered": rec.Answered, "partner": rec.Partner} {
		if set {
			s.Flags = append(s.Flags, name)
		}
	}
	slices.Sort(s.Flags)
	for name, v := range map[string]string{
		"id": rec.ID.String(), "kind": string(rec.Kind), "event": rec.Event, "call": rec.Call, "leg": rec.Leg, "channel": rec.Channel,
		"caller": rec.Caller.ID, "caller class": string(rec.Caller.Class),
		"dialled": rec.Dialled.ID, "dialled class": string(rec.Dialled.Class),
		"diverting": rec.Diverting.ID, "app": rec.App, "action": string(rec.Action), "mailbox": rec.Mailbox,
		"folder": rec.Folder, "auth": string(rec.Auth), "grade": string(rec.Grade), "cause": rec.Cause,
	} {
		if v != "" {
			s.Fields[name] = v
		}
	}
	return s
}

func readAll(r *Reader) (all []seen, err error) {
	for r.Scan() {
		all = append(all, show(r))
	}
	return all, r.Err()
}

// TestExpectedRecords reads each sample of testdata/asterisk, every one a trap
// that its name tells, and compares all that is kept of it.
func TestExpectedRecords(t *testing.T) {
	for _, path := range samples(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			rd := NewReader(f, sampleFormat(t, path), ReaderOptions{Name: filepath.Base(path), Zone: stockholm(t), Numbers: numbers(t)})
			got, err := readAll(rd)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, strings.TrimSuffix(path, ".csv")+".json", got)
		})
	}
}

func samples(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("../testdata/asterisk/*.csv")
	if err != nil || len(paths) < 20 {
		t.Fatalf("only %d samples: %v", len(paths), err)
	}
	return paths
}

func sampleFormat(t testing.TB, path string) *Format {
	kind, _, _ := strings.Cut(filepath.Base(path), "-")
	return format(t, "asterisk-"+kind)
}

// compare holds got against the expected records, one row a line.
func compare(t *testing.T, golden string, got []seen) {
	t.Helper()
	var text strings.Builder
	for _, s := range got {
		line, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	if *update {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v (read the rows yourself, then run the test with -update)", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text.String(), "\n")); diff != "" {
		t.Errorf("expected records differ (-want +got):\n%s", diff)
	}
}
