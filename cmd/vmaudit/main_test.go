package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"vmaudit/internal/asterisktest"
	"vmaudit/internal/clickhouse"
	"vmaudit/internal/clickhouse/chtest"
)

func TestMain(m *testing.M) {
	testscript.Main(asterisktest.M{M: m}, map[string]func(){"vmaudit": main})
}

// library returns where libchdb is; without one the test is skipped, or fails
// where it is demanded.
func library(t testing.TB) string {
	t.Helper()
	state := os.Getenv(chtest.Variable)
	if state == "off" {
		t.Skipf("%s is off", chtest.Variable)
	}
	name, err := clickhouse.FindLibrary(t.TempDir())
	switch {
	case err != nil && state == "demand":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	return name
}

var update = flag.Bool("update", false, "write what the program prints into the scripts' files")

// exits is the script command `exits CODE PROGRAM ARG ...`.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG ...")
	}
	code := 0
	var failed *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
		code = failed.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want := args[0]; strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// TestScripts runs the program as people do. Each script has a database, a key
// and the recorded run of its own.
func TestScripts(t *testing.T) {
	lib := library(t)
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) < 5 {
		t.Fatalf("only %d scripts: %v", len(scripts), err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "sound": makeSound},
		Setup: func(env *testscript.Env) error {
			env.Setenv("VMAUDIT_DB", filepath.Join(env.WorkDir, "data"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			env.Setenv("VMAUDIT_LIBCHDB", lib)
			env.Defer(func() { stopEngines(t, env.WorkDir) })
			return copyRecorded(filepath.Join(env.WorkDir, "asterisk-run"))
		},
	})
}

// copyRecorded copies the recorded run: a script's child reads it, and the test
// cache sees only what this process reads.
func copyRecorded(to string) error {
	return os.CopyFS(to, os.DirFS(filepath.Join("..", "..", "testdata", "asterisk-run")))
}

// stopEngines ends the engines whose data directories lie under dir.
func stopEngines(t testing.TB, dir string) {
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, "engine.lock") {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := clickhouse.Stop(ctx, filepath.Dir(name)); err != nil {
				t.Errorf("stopping the engine of %s: %v", name, err)
			}
		}
		return nil
	})
}
