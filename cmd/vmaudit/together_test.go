package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"
)

// must runs a command that ends with that code, and returns what it printed.
func (v *victim) must(code int, args ...string) string {
	v.Helper()
	out, said, err := v.run(args...)
	if got := exitCode(err); got != code {
		v.Fatalf("%q: %v, want exit code %d\n%s", args, err, code, said)
	}
	return out
}

// run returns what a command printed and what it said.
func (v *victim) run(args ...string) (out, said string, err error) {
	var stdout, stderr bytes.Buffer
	c := v.command(args...)
	c.Stdout, c.Stderr = &stdout, &stderr
	err = c.Run()
	return stdout.String(), stderr.String(), err
}

func exitCode(err error) int {
	var failed *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failed):
		return failed.ExitCode()
	}
	return -1
}

func (v *victim) imports(folder string) []string {
	return []string{"import", "--format", "asterisk-cdr", "--system", "pbx", "--zone", "UTC", folder}
}

var auditing = []string{"audit", "--change", "c", "--format", "json"}

// TestKilledEngine kills the engine at any moment of import, derivation and audit.
// What fails names the engine; run again it says what it says without a kill.
func TestKilledEngine(t *testing.T) {
	usual := 6
	if testing.Short() {
		usual = 2
	}
	kills := fromEnvironment(t, killsVariable, usual)
	v, random := newVictim(t), seeded(t)
	ready := func(db string) {
		v.db = db
		v.must(0, "change", "add", "--id", "c", "--from", "2026-03-02T00:00:00Z")
	}
	ready(v.db)
	begin := time.Now()
	v.must(0, v.imports(v.folder)...)
	want := v.must(exitPossible, auditing...)
	took, failed := time.Since(begin), 0
	for kill := range kills {
		ready(filepath.Join(t.TempDir(), "db"))
		after := time.Duration(random.Int64N(int64(took)))
		timer := time.AfterFunc(after, func() { killEngine(v.db) })
		for _, args := range [][]string{v.imports(v.folder), auditing} {
			if _, said, err := v.run(args...); exitCode(err) == exitFailure {
				failed++
				if !strings.Contains(said, "engine") {
					t.Errorf("%q, its engine killed after %v, says nothing of it: %s", args, after, said)
				}
			}
		}
		timer.Stop()
		v.must(0, v.imports(v.folder)...)
		if got := v.must(exitPossible, auditing...); got != want {
			t.Errorf("kill %d, after %v: got %s, want %s", kill, after, got, want)
		}
		v.forget()
	}
	t.Logf("%d kills, of which %d commands failed", kills, failed)
}

// TestTogether imports the same folder twice at once, and another one that shares
// files and rows with it, while a fourth process audits. Every row is there once,
// every ledger entry adds up, and nobody fails.
func TestTogether(t *testing.T) {
	v := newVictim(t)
	other := t.TempDir()
	if err := os.CopyFS(other, os.DirFS(v.folder)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(other, "broken.csv")); err != nil {
		t.Fatal(err)
	}
	writeExport(t, filepath.Join(other, "more.csv"), 90_000, 120_000, "")
	first := filepath.Join(t.TempDir(), "first.csv")
	writeExport(t, first, 0, 10, "")
	v.must(0, "change", "add", "--id", "c", "--from", "2026-03-02T00:00:00Z")
	v.must(0, v.imports(first)...)

	var importers, auditor sync.WaitGroup
	done := make(chan struct{})
	for _, folder := range []string{v.folder, v.folder, other} {
		importers.Go(func() {
			if _, said, err := v.run(v.imports(folder)...); err != nil {
				t.Errorf("importing: %v\n%s", err, said)
			}
		})
	}
	audits := 0
	auditor.Go(func() {
		for ; ; audits++ {
			select {
			case <-done:
				return
			default:
			}
			if _, said, err := v.run(auditing...); exitCode(err) != exitPossible {
				t.Errorf("auditing: %v\n%s", err, said)
			}
		}
	})
	importers.Wait()
	close(done)
	auditor.Wait()
	if audits == 0 {
		t.Error("no audit ran beside the imports")
	}
	v.wantOnce(120_000, 5)
}

// wantOnce checks that so many rows are stored once each, as the ledger of so many
// files says, and that the sessions are of the rows.
func (v *victim) wantOnce(rows, files uint64) {
	v.Helper()
	db, err := clickhouse.Open(v.Context(), v.db, clickhouse.Options{Engine: []string{v.exe, "engine"}})
	if err != nil {
		v.Fatal(err)
	}
	defer db.Close()
	var got, once, entries, stored, wrong, left uint64
	err = db.QueryRow(v.Context(), `
		SELECT (SELECT count() FROM records), (SELECT uniqExact(id) FROM records),
			count(), sum(stored), countIf(read != stored + duplicate + rejected + skipped OR state != 'done'),
			(SELECT count() FROM sessions WHERE (system, day, build) NOT IN (SELECT system, day, build FROM session_days FINAL))
		FROM imports FINAL`).Scan(&got, &once, &entries, &stored, &wrong, &left)
	if err != nil {
		v.Fatal(err)
	}
	if got != rows || once != rows || stored != rows || entries != files || wrong != 0 || left != 0 {
		v.Errorf("%d rows, %d different, want %d; %d files, want %d; %d rows in the ledger, %d entries wrong; %d sessions of no build",
			got, once, rows, entries, files, stored, wrong, left)
	}
}
