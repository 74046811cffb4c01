package main

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmaudit/internal/asterisktest"
	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/sound"
)

// TestReadme runs every command of the documents' sessions, in order, and wants what
// stands there. With -update it writes what the program prints.
func TestReadme(t *testing.T) {
	for name, prepare := range map[string]func(dir string) error{
		"README.md":                   func(dir string) error { return errors.Join(copyRecorded(dir), recordCall(dir)) },
		"docs/tutorial-own-format.md": fixKey, // it brings its files
	} {
		t.Run(name, func(t *testing.T) { runDocument(t, filepath.Join("..", "..", name), prepare) })
	}
}

// fixKey gives a folder a key that is nobody's secret, so that tokens are the same
// in every run.
func fixKey(dir string) error {
	const key = "vmaudit-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 367b58b6\n"
	if err := os.Mkdir(filepath.Join(dir, "vmaudit"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "vmaudit", "deployment.key"), []byte(key), 0o600)
}

// recordCall writes what a caller heard: a greeting, a beep, and a canary.
func recordCall(dir string) error {
	var x []int16
	for _, v := range asterisktest.Speech(1, 4*time.Second) {
		x = append(x, int16(v*20000))
	}
	for i := range sound.Rate / 2 {
		x = append(x, int16(5000*math.Sin(2*math.Pi*1000*float64(i)/sound.Rate)))
	}
	x = append(append(x, make([]int16, sound.Rate/2)...), canary.Token(0x5f1e0c2a9b37)...)
	var out bytes.Buffer
	return errors.Join(sound.Write(&out, sound.Form{Name: "wav"}, append(x, make([]int16, sound.Rate)...)), os.WriteFile(filepath.Join(dir, "call.wav"), out.Bytes(), 0o600))
}

// TestTutorialProfile: the profile that the tutorial ends with is the one that the
// replay is read by.
func TestTutorialProfile(t *testing.T) {
	tutorial, err := os.ReadFile(filepath.Join("..", "..", "docs", "tutorial-own-format.md"))
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.ReadFile(filepath.Join("..", "..", "testdata", "replay2019", "formats", "svara.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(tutorial), "```yaml formats/svara.yaml\n"+string(profile)+"```\n") {
		t.Error("testdata/replay2019/formats/svara.yaml does not stand in docs/tutorial-own-format.md")
	}
}

func runDocument(t *testing.T, name string, prepare func(dir string) error) {
	lib := library(t)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d := &document{t: t, dir: t.TempDir(), lib: lib}
	if err := prepare(d.dir); err != nil {
		t.Fatal(err)
	}
	defer stopEngines(t, d.dir)
	got := d.sessions(string(text))
	if d.commands < 5 {
		t.Fatalf("only %d commands are in the sessions of %s", d.commands, name)
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(text), got); diff != "" {
		t.Errorf("%s is not what the program prints (-document +program), write it with -update:\n%s", name, diff)
	}
}

// document is one whose commands are being run.
type document struct {
	t        *testing.T
	dir, lib string
	commands int
}

func (d *document) run(line string) string {
	d.commands++
	c := exec.Command("vmaudit", strings.Fields(line)[1:]...)
	c.Dir = d.dir
	c.Env = append(os.Environ(), "VMAUDIT_DB="+filepath.Join(d.dir, "data"), "XDG_CONFIG_HOME="+d.dir, "VMAUDIT_LIBCHDB="+d.lib)
	out, _ := c.CombinedOutput() // exit code 3 is what a leak is told by
	return strings.TrimRight(string(out), "\n") + "\n"
}

// sessions returns the text with the output of every "$ vmaudit" line in it. A
// block that names a file after its language ("```yaml formats/a.yaml") becomes
// that file first.
func (d *document) sessions(text string) string {
	var out, block strings.Builder
	fence, inside := "", false
	for line := range strings.Lines(text) {
		isFence := strings.HasPrefix(line, "```")
		if isFence && inside {
			d.file(fence, block.String())
		}
		if isFence {
			inside, fence = !inside, strings.TrimSpace(line)
			block.Reset()
		}
		if console := inside && fence == "```console"; !console || isFence {
			out.WriteString(line)
		} else if strings.HasPrefix(line, "$ vmaudit ") {
			out.WriteString(line + d.run(strings.TrimPrefix(strings.TrimSpace(line), "$ ")))
		}
		if !isFence {
			block.WriteString(line)
		}
	}
	return out.String()
}

// file writes a block that has a file's name.
func (d *document) file(fence, content string) {
	_, name, named := strings.Cut(fence, " ")
	if !named {
		return
	}
	path := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		d.t.Fatal(err)
	}
}
