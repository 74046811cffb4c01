package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadme runs every command of the README's sessions, in order, and wants what
// stands there. With -update it writes what the program prints.
func TestReadme(t *testing.T) {
	lib := library(t)
	name := filepath.Join("..", "..", "README.md")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := copyRecorded(dir); err != nil {
		t.Fatal(err)
	}
	defer stopEngines(t, dir)
	commands := 0
	run := func(line string) string {
		commands++
		c := exec.Command("vmaudit", strings.Fields(line)[1:]...)
		c.Dir = dir
		c.Env = append(os.Environ(), "VMAUDIT_DB="+filepath.Join(dir, "data"), "XDG_CONFIG_HOME="+dir, "VMAUDIT_LIBCHDB="+lib)
		out, _ := c.CombinedOutput() // exit code 3 is what a leak is told by
		return strings.TrimRight(string(out), "\n") + "\n"
	}
	got := sessions(string(text), run)
	if commands < 5 {
		t.Fatalf("only %d commands are in the README's sessions", commands)
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(text), got); diff != "" {
		t.Errorf("the README is not what the program prints (-README +program), write it with -update:\n%s", diff)
	}
}

// sessions returns the text with the output of every "$ vmaudit" line in it.
func sessions(text string, run func(string) string) string {
	var out strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "```"):
			inside = strings.HasPrefix(line, "```console")
			out.WriteString(line)
		case inside && strings.HasPrefix(line, "$ vmaudit "):
			out.WriteString(line + run(strings.TrimPrefix(strings.TrimSpace(line), "$ ")))
		case !inside:
			out.WriteString(line)
		}
	}
	return out.String()
}
