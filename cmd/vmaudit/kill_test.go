package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"
)

// killsVariable names the number of kills, in place of a short run's 25 or 6.
const killsVariable = "VMAUDIT_TEST_KILLS"

// seedVariable repeats a run: its kills come at the same moments.
const seedVariable = "VMAUDIT_TEST_SEED"

func fromEnvironment(t *testing.T, variable string, otherwise int) int {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number above 0", variable, text)
	}
	return n
}

func seeded(t *testing.T) *rand.Rand {
	seed := fromEnvironment(t, seedVariable, int(time.Now().UnixNano()%1e6)+1)
	t.Logf("%s=%d", seedVariable, seed)
	return rand.New(rand.NewPCG(uint64(seed), 0))
}

// TestKilledImports kills imports of a folder with SIGKILL in the middle, every
// third time the engine too, and wants the rows and the ledger of an undisturbed run.
func TestKilledImports(t *testing.T) {
	usual := 25
	if testing.Short() {
		usual = 6
	}
	kills := fromEnvironment(t, killsVariable, usual)
	v := newVictim(t)
	want, took := v.undisturbed()
	random := seeded(t)
	killed, runs := 0, 0
	for killed < kills {
		if runs++; runs > 20*kills {
			t.Fatalf("only %d of %d runs could be killed in the middle", killed, runs)
		}
		// Every run begins with an empty database; one that got through says nothing.
		v.db = filepath.Join(t.TempDir(), fmt.Sprint("killed", runs))
		after := time.Duration(random.Int64N(int64(took)))
		if v.killAfter(after, killed%3 == 2) {
			killed++
			if got := v.finish(); got != want {
				t.Fatalf("after kill %d (%v into the import): got %s, want %s", killed, after, got, want)
			}
		}
		v.forget()
	}
	t.Logf("%d kills in %d runs, each undisturbed in %v", killed, runs, took)
}

// victim is the program, with a folder to import and a database.
type victim struct {
	*testing.T
	exe, folder, db string
	env             []string
}

// newVictim has three files to import: two that share rows, and one with lines
// that cannot be read.
func newVictim(t *testing.T) *victim {
	t.Helper()
	v := newIdleVictim(t)
	writeExport(t, filepath.Join(v.folder, "Master.csv"), 20_000, 100_000, "")
	writeExport(t, filepath.Join(v.folder, "Master.csv.1"), 0, 30_000, "")
	writeExport(t, filepath.Join(v.folder, "broken.csv"), 100_000, 105_000, "no row\n\n")
	return v
}

// newIdleVictim has nothing to import.
func newIdleVictim(t *testing.T) *victim {
	t.Helper()
	lib := library(t)
	exe, err := exec.LookPath("vmaudit") // this test, under the program's name
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{T: t, exe: exe, folder: t.TempDir(), db: filepath.Join(t.TempDir(), "whole")}
	v.env = append(os.Environ(), "XDG_CONFIG_HOME="+t.TempDir(), "VMAUDIT_LIBCHDB="+lib)
	t.Cleanup(func() { stopEngines(t, filepath.Dir(v.db)) })
	return v
}

// writeExport writes the rows of that range, and begins with head.
func writeExport(t *testing.T, name string, from, to int, head string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	w.WriteString(head)
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for i := from; i < to; i++ {
		at := begin.Add(time.Duration(i) * 2 * time.Second).Format(time.DateTime)
		fmt.Fprintf(w, `"","08465004%02d","%d","vm","","PJSIP/t-%d","","VoiceMail","%d@default,u","%s","%s","%s",30,30,"ANSWERED","DOCUMENTATION","%d.%d","","","%d.%d",%d`+"\n",
			i%100, 4100+i%20, i, 4100+i%20, at, at, at, begin.Unix(), i, begin.Unix(), i, i)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// forget removes the database, or the disk fills with them.
func (v *victim) forget() {
	stopEngines(v.T, v.db)
	if err := os.RemoveAll(v.db); err != nil {
		v.Error(err)
	}
}

func (v *victim) command(args ...string) *exec.Cmd {
	c := exec.Command(v.exe, args...)
	c.Env = append(slices.Clone(v.env), "VMAUDIT_DB="+v.db) // several at once
	return c
}

func (v *victim) importing() *exec.Cmd {
	return v.command("import", "--format", "asterisk-cdr", "--system", "pbx", "--zone", "UTC", v.folder)
}

// undisturbed imports once and returns what is stored then, and how long it took.
func (v *victim) undisturbed() (result string, took time.Duration) {
	begin := time.Now()
	result = v.finish()
	return result, time.Since(begin)
}

// killAfter starts an import and kills it, or its engine; it reports whether it
// was still in the middle.
func (v *victim) killAfter(after time.Duration, engine bool) bool {
	c := v.importing()
	if err := c.Start(); err != nil {
		v.Fatal(err)
	}
	timer := time.AfterFunc(after, func() {
		if engine {
			killEngine(v.db)
		}
		_ = c.Process.Kill()
	})
	err := c.Wait()
	return timer.Stop() == false && err != nil
}

// killEngine kills the engine of a data directory, if there is one.
func killEngine(db string) {
	text, err := exec.Command("pgrep", "-f", "engine --dir "+db+" ").Output()
	if err != nil {
		return
	}
	for _, line := range strings.Fields(string(text)) {
		var pid int
		if _, err := fmt.Sscan(line, &pid); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// finish runs the import to its end and returns what is stored.
func (v *victim) finish() string {
	v.Helper()
	defer stopEngines(v.T, v.db)
	if out, err := v.importing().CombinedOutput(); err != nil {
		v.Fatalf("the import that should end: %v\n%s", err, out)
	}
	db, err := clickhouse.Open(v.Context(), v.db, clickhouse.Options{Engine: []string{v.exe, "engine"}})
	if err != nil {
		v.Fatal(err)
	}
	defer db.Close()
	var result string
	err = db.QueryRow(v.Context(), `
		SELECT concat(toString(count()), ' rows, content ', hex(groupBitXor(cityHash64(*))), ', ledger ',
			(SELECT toString(arraySort(groupArray((hex(file), read, stored, duplicate, rejected, skipped, state)))) FROM imports FINAL),
			', rejects ', (SELECT toString(count()) FROM rejects FINAL))
		FROM records`).Scan(&result)
	if err != nil {
		v.Fatal(err)
	}
	return result
}
