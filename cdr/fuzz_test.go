package cdr

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"vmaudit/internal/number"
)

var sixDigits = regexp.MustCompile(`\d{6,}`)

// fuzzReader feeds a reader arbitrary exports, followed by one good line.
func fuzzReader(f *testing.F, kind, good string) {
	paths, err := filepath.Glob("../testdata/asterisk/" + kind + "-*.csv")
	if err != nil || len(paths) < 5 {
		f.Fatalf("only %d seeds: %v", len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	profile, key, zone := format(f, "asterisk-"+kind), numbers(f), stockholm(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		data = append(bytes.Clone(data), "\n"+good...)
		o := ReaderOptions{Zone: zone, Numbers: key}
		r := NewReader(bytes.NewReader(data), profile, o)
		var all []seen
		for r.Scan() {
			all = append(all, show(r))
			private(t, data, r)
		}
		if r.Err() != nil || r.Offset() != int64(len(data)) {
			t.Fatalf("ends at %d of %d bytes: %v", r.Offset(), len(data), r.Err())
		}
		if c := r.Counts(); c.Records+c.Rejects != int64(len(all)) {
			t.Fatalf("%+v, but %d rows", c, len(all))
		}
		last := all[len(all)-1]
		if last.Reject != "" || last.Fields["mailbox"] != "4105" || last.Fields["auth"] != "skipped" {
			t.Fatalf("the good line at the end is read as %+v", last)
		}
		again, err := readAll(NewReader(iotest.HalfReader(bytes.NewReader(data)), profile, o))
		if diff := cmp.Diff(all, again); err != nil || diff != "" {
			t.Fatalf("in other pieces: %v\n%s", err, diff)
		}
	})
}

// private checks that no number of the input is left in what is kept of a row.
// Keys and message ids have digits of their own.
func private(t *testing.T, data []byte, r *Reader) {
	if rej := r.Reject(); rej != nil {
		if strings.ContainsAny(rej.Preview, "0123456789") {
			t.Fatalf("preview %q", rej.Preview)
		}
		return
	}
	rec := r.Record()
	kept := []string{rec.Event, rec.App, rec.Cause, rec.Folder, strings.ReplaceAll(rec.Mailbox, "@", " ")}
	for _, p := range []number.Party{rec.Caller, rec.Dialled, rec.Diverting} {
		kept = append(kept, p.ID)
	}
	for _, text := range kept {
		if run := sixDigits.FindString(text); run != "" && bytes.Contains(data, []byte(run)) {
			t.Fatalf("%q is kept of line %d", text, rec.Line)
		}
	}
	for _, m := range rec.Messages {
		if id := m[strings.LastIndexByte(m, '/')+1:]; id != "other" && !messageID.MatchString(id) {
			t.Fatalf("message %q", m)
		}
	}
}

func FuzzCDR(f *testing.F) { fuzzReader(f, "cdr", goodCDR) }
func FuzzCEL(f *testing.F) { fuzzReader(f, "cel", goodCEL) }

func FuzzProfile(f *testing.F) {
	for _, name := range []string{"asterisk-cdr", "asterisk-cel"} {
		text, err := os.ReadFile("formats/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		format, err := Compile("x", "x.yaml", text)
		if (format == nil) == (err == nil) {
			t.Fatalf("%v, %v", format, err)
		}
	})
}
