package cdr

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestFormats(t *testing.T) {
	reg, err := Formats()
	if err != nil {
		t.Fatal(err)
	}
	all := reg.All()
	if len(all) < 2 {
		t.Fatalf("only %d formats", len(all))
	}
	for _, f := range all {
		if f.Title == "" || f.Documented == "" || len(f.CannotSee) == 0 || len(f.Proves) == 0 || f.Precision == 0 {
			t.Errorf("%s does not say what it is: %+v", f.Name, f)
		}
	}
	_, err = reg.Lookup("asterix")
	if !errors.Is(err, ErrUnknownFormat) || !strings.Contains(err.Error(), "asterisk-cdr, asterisk-cel") {
		t.Errorf("unknown format: %v", err)
	}
}

func profileText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("formats/asterisk-cdr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestUserFolder: a deployment's own profile stands beside those of the
// program, and before them when it has the same name.
func TestUserFolder(t *testing.T) {
	text := profileText(t)
	own := strings.Replace(text, "title: Asterisk", "title: Our own Asterisk", 1)
	reg, err := Formats(fstest.MapFS{"asterisk-cdr.yaml": {Data: []byte(own)}, "town.yaml": {Data: []byte(text)}, "README.md": {Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	if f, err := reg.Lookup("asterisk-cdr"); err != nil || !strings.HasPrefix(f.Title, "Our own") {
		t.Errorf("the own profile does not count: %v", err)
	}
	if _, err := reg.Lookup("town"); err != nil {
		t.Error(err)
	}
	if _, err := Formats(fstest.MapFS{"a.yaml": {Data: []byte("titel: x")}, "b.yaml": {Data: []byte("kind: [")}}); err == nil || !strings.Contains(err.Error(), "a.yaml:1") || !strings.Contains(err.Error(), "b.yaml:1") {
		t.Errorf("faults of two profiles: %v", err)
	}
}

// TestProfileFaults breaks a good profile in one place each and wants the place
// named.
func TestProfileFaults(t *testing.T) {
	good := profileText(t)
	for _, c := range []struct{ from, to, want string }{
		{"kind: leg", "kind: leg\nkinds: leg", "kinds"},
		{"kind: leg", "kind: row", `"row" must be "leg", "event" or "message"`},
		{"precision: second", "precision: hour", `"hour" must be`},
		{"cannot_see:", "cannot_sea:", "cannot_sea"},
		{"retrieval: B,", "retrieval: E,", "not an action with a grade"},
		{"retrieval: B,", "retrieval: C,", "more than the profile's head proves"},
		{"  16: []", "  16: [extra]", "17 columns are named for rows of 16"},
		{"  uniqueid: '^", "  unikid: '^", `shape of "uniqueid"`},
		{`times: ["2006-01-02 15:04:05"]`, `times: ["%Y"]`, `layout "%Y"`},
		{`times: ["2006-01-02 15:04:05"]`, `times: ["2006-01-02 15:04 MST"]`, "abbreviated zone"},
		{"start: start", "start: begin", `unknown column "begin"`},
		{"caller: [src]", "caller: [source]", `unknown column "source"`},
		{"caller: [src]", "caller: [{column: src, match: 'x'}]", "first group"},
		{"caller: [src]", "caller: [{column: src, wenn: {}}]", "wenn"},
		{"lastapp: '@play'", "lastapp: '@plays'", `list "plays"`},
		{"lastapp: '@play'", "lastapp: '('", "missing closing"},
		{"(?P<message>msg", "(?P<massage>msg", `group "massage"`},
		{"action: unknown", "action: unknwon", "unknown action"},
		{"{answered: '^yes$', partner: '^no$'}", "{action: x}", "cannot ask for it"},
		{"{answered: '^yes$', partner: '^no$'}", "{}", "needs conditions"},
		{"  disposition: '^(ANS", "  dispo: '^(ANS", `unknown column "dispo"`},
	} {
		if strings.Count(good, c.from) < 1 {
			t.Errorf("%q is not in the profile: the test tests nothing", c.from)
			continue
		}
		bad := strings.Replace(good, c.from, c.to, 1)
		_, err := Compile("x", "x.yaml", []byte(bad))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "x.yaml:") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want x.yaml:LINE and %q", c.to, err, c.want)
			continue
		}
		line, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "x.yaml:"), ":")
		if strings.Trim(line, "0123456789") != "" {
			t.Errorf("%q: no line in %v", c.to, err)
		}
	}
}

func TestDetect(t *testing.T) {
	reg, err := Formats()
	if err != nil {
		t.Fatal(err)
	}
	names := func(head []byte) (names []string) {
		for _, m := range reg.Detect(head) {
			if len(m.Reasons) == 0 {
				t.Errorf("%s is detected without reasons", m.Format.Name)
			}
			names = append(names, m.Format.Name)
		}
		return names
	}
	for file, want := range map[string]string{"Master.csv": "asterisk-cdr", "cel.csv": "asterisk-cel"} {
		data, err := os.ReadFile(filepath.Join(recordedRun, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{len(data), 20000, 700} {
			if got := names(data[:n]); !slices.Equal(got, []string{want}) {
				t.Errorf("%d bytes of %s: %v", n, file, got)
			}
		}
	}
	for _, path := range samples(t) {
		want := sampleFormat(t, path).Name
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(data); len(got) > 1 || len(got) == 1 && got[0] != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	for _, file := range []string{"truth.csv", "directory.csv"} {
		data, err := os.ReadFile(filepath.Join(recordedRun, file))
		if err != nil {
			t.Fatal(err)
		}
		if got := names(data); got != nil {
			t.Errorf("%s: %v", file, got)
		}
	}
	if got := names(nil); got != nil {
		t.Errorf("nothing: %v", got)
	}
	reg.byName["twin"] = reg.byName["asterisk-cdr"]
	if got := names([]byte(goodCDR)); len(got) != 2 {
		t.Errorf("two formats that fit: %v", got)
	}
}

func TestCheckRows(t *testing.T) {
	f, err := os.Open(filepath.Join(recordedRun, "Master.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := CheckRows(f, format(t, "asterisk-cdr"), ReaderOptions{Zone: stockholm(t)}, 50)
	if err != nil || c.Counts.Records != 50 || len(c.Records) != checkShown || c.Actions[Unknown] == 0 || c.Apps["Dial"] == 0 {
		t.Errorf("%+v, %v", c, err)
	}
	c, err = CheckRows(strings.NewReader(goodCDR), format(t, "asterisk-cel"), ReaderOptions{Zone: stockholm(t)}, 50)
	if err != nil || len(c.Rejects) != 1 || c.Counts.Rejects != 1 {
		t.Errorf("the wrong format: %+v, %v", c, err)
	}
	if _, err := CheckRows(strings.NewReader(goodCDR), format(t, "asterisk-cdr"), ReaderOptions{}, 50); !errors.Is(err, ErrNoZone) {
		t.Errorf("without a zone: %v", err)
	}
}
