// Package chtest gives tests of other packages a real database.
//
// The usual path is one line in each package's tests,
//
//	func TestMain(m *testing.M) { chtest.Main(m) }
//
// and [New] in a test. The environment variable VMAUDIT_TEST_ENGINE decides
// what happens: unset, tests are skipped where libchdb is not installed;
// "demand", they fail there; "off", they are always skipped.
//
// Its stance: a database that starts in a fraction of a second needs no mock.
package chtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"
)

// Variable names the environment variable with the three states.
const Variable = "VMAUDIT_TEST_ENGINE"

// patience is for the slowest thing that tests wait for.
const patience = 2 * time.Minute

// shared is the directory of the engine that all tests of a process use.
var shared string

var databases atomic.Int64

// Main runs the tests, or the engine when an engine's starter runs the test
// binary as one. It does not return.
func Main(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if len(os.Args) > 1 && os.Args[1] == "engine" {
		return engine(os.Args[2:])
	}
	dir, err := os.MkdirTemp("", "chtest")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a directory for tests:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	shared = filepath.Join(dir, "shared")
	code := m.Run()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := clickhouse.Stop(ctx, shared); err != nil {
		fmt.Fprintln(os.Stderr, "stop the tests' engine:", err)
		return 1
	}
	return code
}

func engine(args []string) int {
	o, err := clickhouse.ParseEngineArgs(args)
	if err == nil {
		err = clickhouse.Serve(context.Background(), o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Need skips or fails the test where no engine can be had.
func Need(t testing.TB) {
	t.Helper()
	state := os.Getenv(Variable)
	if state == "off" {
		t.Skipf("%s is off", Variable)
	}
	if shared == "" {
		t.Fatal("the package's TestMain does not call chtest.Main")
	}
	_, err := clickhouse.FindLibrary(shared)
	switch {
	case err != nil && state == "demand":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
}

// New opens a database of the test's own on the shared engine; it is dropped
// when the test ends.
func New(t testing.TB) *clickhouse.DB {
	t.Helper()
	Need(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	root := open(ctx, t, shared, "")
	name := fmt.Sprintf("%s_%d", identifier(t.Name()), databases.Add(1))
	if err := root.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := root.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" SYNC"); err != nil {
			t.Error(err)
		}
	})
	return open(ctx, t, shared, name)
}

// Dir returns a new directory for an engine of the test's own, which is
// stopped when the test ends.
func Dir(t testing.TB) string {
	t.Helper()
	Need(t)
	dir := filepath.Join(t.TempDir(), "db")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := clickhouse.Stop(ctx, dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func open(ctx context.Context, t testing.TB, dir, database string) *clickhouse.DB {
	t.Helper()
	db, err := clickhouse.Open(ctx, dir, clickhouse.Options{Database: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// identifier makes the name of a test fit into a database's.
func identifier(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
	return "test_" + name[:min(len(name), 60)]
}
