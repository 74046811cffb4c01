package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vmaudit/internal/clickhouse/chtest"
)

// smallDisk is a disk whose engines end with the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := chtest.Disk(t, size)
	t.Cleanup(func() { stopEngines(t, dir) })
	return dir
}

// refusedFull runs a command on a full disk. It must say so, say what to do, print
// no data, and end.
func (v *victim) refusedFull(full string, stdin io.Reader, args ...string) {
	v.Helper()
	var stdout, stderr bytes.Buffer
	c := v.command(args...)
	c.Stdin, c.Stdout, c.Stderr = stdin, &stdout, &stderr
	timer := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	err := c.Run()
	told := strings.Contains(stderr.String(), full) && strings.Contains(stderr.String(), "hint: make room on that disk")
	if code := c.ProcessState.ExitCode(); code != exitFailure || !told || stdout.Len() > 0 {
		v.Errorf("%q on a full disk: %v, printed %q, said %q; want %q and a hint", args, err, stdout.String(), stderr.String(), full)
	}
}

// TestFullDiskImport fills the database's disk at any moment of an import.
// Whatever is run then fails clearly, also when the engine has to be started; with
// room again the same command ends as if nothing had been.
func TestFullDiskImport(t *testing.T) {
	v := newVictim(t)
	whole, took := v.undisturbed()
	random, fills := seeded(t), 3
	if testing.Short() {
		fills = 1
	}
	for range fills {
		disk := smallDisk(t, "64m")
		v.db = filepath.Join(disk, "db")
		c := v.importing()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Duration(random.Int64N(int64(took)))
		filled := make(chan string)
		time.AfterFunc(after, func() { filled <- chtest.Fill(t, disk) })
		_ = c.Wait() // it may have got through
		ballast := <-filled
		more := filepath.Join(t.TempDir(), "more.csv")
		writeExport(t, more, 200_000, 210_000, "")
		importing := []string{"import", "--format", "asterisk-cdr", "--system", "pbx", "--zone", "UTC", more}
		v.refusedFull("the disk of the database", nil, importing...)
		killEngine(v.db)
		v.refusedFull("the disk of the database", nil, importing...)
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if got := v.finish(); got != whole {
			t.Errorf("filled %v into the import: got %s, want %s", after, got, whole)
		}
	}
}

// TestFullDiskAccessLog: who cannot be written down sees nothing, whether the
// database or the head file has no room; the chain holds afterwards.
func TestFullDiskAccessLog(t *testing.T) {
	v := newVictim(t)
	disk := smallDisk(t, "64m")
	v.db = filepath.Join(disk, "db")
	other := smallDisk(t, "1m")
	v.env = append(v.env, "XDG_CONFIG_HOME="+other)
	v.must(0, "import", "--format", "asterisk-cdr", "--system", "pbx", "--zone", "UTC", v.folder)
	v.must(0, "change", "add", "--id", "c", "--from", "2026-03-02T00:00:00Z")
	affected := []string{"affected", "--change", "c", "--format", "csv"}
	want := v.must(exitPossible, affected...)
	for _, full := range []struct{ disk, says string }{{disk, "the disk of the database"}, {other, "no space left on device"}} {
		ballast := chtest.Fill(t, full.disk)
		v.refusedFull(full.says, nil, affected...)
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if got := v.must(exitPossible, affected...); got != want {
			t.Errorf("with room again: %q, want %q", got, want)
		}
		v.must(0, "access-log", "verify")
	}
}

// TestFullDiskStdin: standard input is copied first; a copy that has no room is
// told, and nothing of it is stored.
func TestFullDiskStdin(t *testing.T) {
	v := newVictim(t)
	disk := smallDisk(t, "1m")
	v.env = append(v.env, "TMPDIR="+disk)
	export, err := os.ReadFile(filepath.Join(v.folder, "Master.csv"))
	if err != nil {
		t.Fatal(err)
	}
	importing := []string{"import", "--format", "asterisk-cdr", "--system", "pbx", "--zone", "UTC", "-"}
	v.refusedFull(disk, bytes.NewReader(export), importing...)
	if got := v.must(0, "imports"); strings.Count(got, "\n") != 1 {
		t.Errorf("the ledger has entries: %s", got)
	}
	c := v.command(importing...)
	c.Stdin = bytes.NewReader(export[:len(export)/100])
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("with room enough: %v\n%s", err, out)
	}
}
