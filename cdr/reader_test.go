package cdr

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const (
	goodCDR = `"","0701740617","4105","vm","""0701740617"" <0701740617>","PJSIP/trunk-0000000b","","VoiceMailMain","4105@default,s","2026-11-21 21:00:00","2026-11-21 21:00:00","2026-11-21 21:00:20",20,20,"ANSWERED","DOCUMENTATION","1795294800.1","","","1795294800.1",1` + "\n"
	goodCEL = `"APP_START","2026-11-21 21:00:00.125","0701740617","0701740617","0701740617","","4105","4105","vm","PJSIP/trunk-0000000b","VoiceMailMain","4105@default,s","3","","1795294800.1","1795294800.1","","","",""` + "\n"
)

func read(t testing.TB, in io.Reader, name string) ([]seen, error) {
	t.Helper()
	return readAll(NewReader(in, format(t, name), ReaderOptions{Zone: stockholm(t), Numbers: numbers(t)}))
}

// TestPiecesMakeNoDifference reads every sample in other pieces, and twice.
func TestPiecesMakeNoDifference(t *testing.T) {
	for _, path := range samples(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := sampleFormat(t, path).Name
		want, err := read(t, bytes.NewReader(data), name)
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(rt *rapid.T) {
			cut := rapid.IntRange(0, len(data)).Draw(rt, "cut")
			got, err := read(t, io.MultiReader(bytes.NewReader(data[:cut]), bytes.NewReader(data[cut:])), name)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				rt.Fatalf("%s cut at %d: %v\n%s", path, cut, err, diff)
			}
		})
		for _, in := range []io.Reader{iotest.OneByteReader(bytes.NewReader(data)), iotest.DataErrReader(bytes.NewReader(data))} {
			if got, err := read(t, in, name); err != nil || cmp.Diff(want, got) != "" {
				t.Errorf("%s in single bytes: %v\n%s", path, err, cmp.Diff(want, got))
			}
		}
	}
}

// TestGrowingFile reads a file again after it has grown: what was whole before
// keeps its identity.
func TestGrowingFile(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(recordedRun, "cel.csv"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := read(t, bytes.NewReader(data[:len(data)/2]), "asterisk-cel")
	if err != nil {
		t.Fatal(err)
	}
	after, err := read(t, bytes.NewReader(data), "asterisk-cel")
	if err != nil {
		t.Fatal(err)
	}
	before = before[:len(before)-1] // the line at the cut
	if len(before) < 500 {
		t.Fatalf("only %d rows", len(before))
	}
	if diff := cmp.Diff(before, after[:len(before)]); diff != "" {
		t.Errorf("rows changed when the file grew:\n%s", diff)
	}
}

// TestLongLines: a line of any length costs itself only.
func TestLongLines(t *testing.T) {
	for name, line := range map[string]string{
		"10 MB name":          `"","` + strings.Repeat("a", 10<<20) + `","4105"`,
		"10 MB without quote": strings.Repeat("7", 10<<20),
		"long open quote":     `"","070` + strings.Repeat("x\n", 2),
	} {
		got, err := read(t, strings.NewReader(goodCDR+line+"\n"+goodCDR), "asterisk-cdr")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(got); n < 3 || got[0].Reject != "" || got[1].Reject == "" || got[n-1].Reject != "" {
			t.Errorf("%s: %d rows, %+v", name, n, got)
		}
	}
}

func TestLineLimitIsExact(t *testing.T) {
	for extra, want := range map[int]string{0: "1 columns", 1: "more than 1048576 bytes"} {
		line := strings.Repeat("7", lineLimit-1+extra) + "\n"
		for _, in := range []io.Reader{strings.NewReader(line + goodCDR), iotest.HalfReader(strings.NewReader(line + goodCDR))} {
			got, err := read(t, in, "asterisk-cdr")
			if err != nil || len(got) != 2 || !strings.Contains(got[0].Reject, want) || got[1].Line != 2 {
				t.Errorf("%d bytes: %v, %v, want %q", len(line), got, err, want)
			}
		}
	}
}

// TestOpenQuoteIsBounded: a quote that is never closed hides one line, and the
// search for its end stops.
func TestOpenQuoteIsBounded(t *testing.T) {
	got, err := read(t, strings.NewReader(`"","open`+"\n"+strings.Repeat("no quote here\n", 5000)+goodCDR), "asterisk-cdr")
	if err != nil || len(got) != 5002 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	if got[0].Reject != "a quote is not closed" || got[5001].Reject != "" {
		t.Errorf("first %+v, last %+v", got[0], got[5001])
	}
}

func TestReject(t *testing.T) {
	r := NewReader(strings.NewReader("Kim,0701740617\n"+goodCDR), format(t, "asterisk-cdr"), ReaderOptions{Name: "Master.csv", Zone: time.UTC, Numbers: numbers(t)})
	if !r.Scan() || r.Reject() == nil {
		t.Fatal("no reject")
	}
	rej := r.Reject()
	if got, want := rej.Error(), "Master.csv:1: 2 columns: asterisk-cdr has 16, 17, 18, 19, 20, 21"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if string(rej.Raw) != "Kim,0701740617" || rej.Preview != "xxx,##########" {
		t.Errorf("raw %q, preview %q", rej.Raw, rej.Preview)
	}
	if !r.Scan() || r.Reject() != nil || r.Scan() || r.Err() != nil {
		t.Errorf("the line after it is not read right: %v", r.Err())
	}
	if string(rej.Raw) != "Kim,0701740617" {
		t.Error("the reject changed when reading went on")
	}
	if c := r.Counts(); c != (Counts{Records: 1, Rejects: 1}) || r.Offset() != int64(15+len(goodCDR)) {
		t.Errorf("counts %+v, offset %d", c, r.Offset())
	}
}

func TestReaderStops(t *testing.T) {
	f := format(t, "asterisk-cdr")
	r := NewReader(strings.NewReader(goodCDR), f, ReaderOptions{Numbers: numbers(t)})
	if r.Scan() || !errors.Is(r.Err(), ErrNoZone) || !strings.Contains(r.Err().Error(), "--zone") {
		t.Errorf("without a zone: %v", r.Err())
	}
	r = NewReader(strings.NewReader(goodCDR), f, ReaderOptions{Zone: time.UTC})
	if r.Scan() || r.Err() == nil {
		t.Error("reads without numbers")
	}
	broken := errors.New("disk on fire")
	r = NewReader(io.MultiReader(strings.NewReader(goodCDR+goodCDR[:50]), iotest.ErrReader(broken)), f, ReaderOptions{Name: "x", Zone: time.UTC, Numbers: numbers(t)})
	if !r.Scan() || r.Scan() || !errors.Is(r.Err(), broken) || !strings.Contains(r.Err().Error(), "x after line 1") {
		t.Errorf("broken input: %v", r.Err())
	}
	if r.Scan() {
		t.Error("goes on after an error")
	}
}

// TestEpochNeedsNoZone: an export without local times can be read without one.
func TestEpochNeedsNoZone(t *testing.T) {
	line := strings.Replace(goodCEL, "2026-11-21 21:00:00.125", "1795294800.125", 1)
	r := NewReader(strings.NewReader(line), format(t, "asterisk-cel"), ReaderOptions{Numbers: numbers(t)})
	if !r.Scan() || r.Err() != nil || !r.Record().Start.Equal(time.Unix(1795294800, 125e6)) {
		t.Errorf("%v, %+v", r.Err(), r.Record())
	}
}

func TestIdentityDependsOnTheKey(t *testing.T) {
	one, err := read(t, strings.NewReader(goodCEL), "asterisk-cel")
	if err != nil {
		t.Fatal(err)
	}
	c, err := CheckRows(strings.NewReader(goodCEL), format(t, "asterisk-cel"), ReaderOptions{Zone: stockholm(t)}, 10)
	if err != nil || len(c.Records) != 1 {
		t.Fatal(c, err)
	}
	if one[0].Fields["id"] == c.Records[0].ID.String() {
		t.Error("a row's identity can be computed without the key: it gives the caller away")
	}
}

func TestOrdinalsAreBounded(t *testing.T) {
	o := ordinals{now: map[ID]uint32{}}
	for i := range 3 * ordinalWindow {
		o.next(ID{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)})
	}
	if len(o.now) > ordinalWindow || len(o.old) > ordinalWindow {
		t.Errorf("%d and %d lines remembered", len(o.now), len(o.old))
	}
	id := ID{255, 255, 255, 255}
	if a, b, c := o.next(id), o.next(id), o.next(id); a != 0 || b != 1 || c != 2 {
		t.Errorf("ordinals %d, %d, %d", a, b, c)
	}
}

// TestServerNames: names and addresses of servers stay apart, and a number never
// passes for one.
func TestServerNames(t *testing.T) {
	r := NewReader(strings.NewReader(""), format(t, "asterisk-cdr"), ReaderOptions{Numbers: numbers(t)})
	for in, want := range map[string]string{
		"um-prod-01.example.org": "um-prod-01.example.org", "192.0.2.17": "192.0.2.17", "3": "3", "other": "other", "": "",
		"0701740617": "", "Kim <0701740617>": "", "UM 1": "UM 1",
	} {
		if got := r.server([]byte(in)); got != want {
			t.Errorf("server %q is %q, want %q", in, got, want)
		}
	}
}
