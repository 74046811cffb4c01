package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/store"
)

// TestRotated: what becomes of every row when a log is rotated, cut off in a line,
// and completed: each row is stored once, and each step's ledger says what it met.
func TestRotated(t *testing.T) {
	lines := generated(t, 20)
	all := func(l []string) string { return strings.Join(l, "") }
	cut := func(line string) string { return line[:len(line)-2] } // in its last value
	d := newDesk(t)
	for _, step := range []struct {
		name, text string
		want       [5]uint64 // read, stored, duplicate, rejected, skipped
	}{
		{"Master.csv while it is written to", all(lines[:9]) + cut(lines[9]), [5]uint64{10, 9, 0, 1, 0}},
		{"Master.csv.1, the same when it was rotated", all(lines[:12]), [5]uint64{12, 3, 9, 0, 0}},
		{"a new Master.csv that begins with the last lines of the old", all(lines[10:16]), [5]uint64{6, 4, 2, 0, 0}},
		{"cut inside a quote", all(lines[16:17]) + lines[17][:20], [5]uint64{2, 1, 0, 1, 0}},
		{"complete", all(lines[16:20]), [5]uint64{4, 3, 1, 0, 0}},
		{"one line, cut", cut(lines[0]), [5]uint64{1, 0, 0, 1, 0}},
	} {
		if got := counts(d.importText(step.text)); got != step.want {
			t.Errorf("%s: got %v, want %v", step.name, got, step.want)
		}
	}
	if rows, _ := d.content(); rows != 20 {
		t.Errorf("%d rows are stored, want 20", rows)
	}
	rejects, err := d.store.Rejects(t.Context())
	if err != nil || len(rejects) != 3 {
		t.Fatalf("%d rejects, %v, want 3", len(rejects), err)
	}
	for _, r := range rejects {
		if !strings.Contains(r.Reason, "import it again when it is whole") {
			t.Errorf("line %d was cut, and its reason is %q", r.Line, r.Reason)
		}
	}
}

// TestChanged: a file that is changed while it is read. Nothing that was not there
// at first is stored; what it held at first is stored whole when it is found again.
func TestChanged(t *testing.T) {
	const rows, batch = 20_000, 500
	text := []byte(strings.Join(generated(t, rows), ""))
	rotated := filepath.Join(t.TempDir(), "Master.csv.1")
	if err := os.WriteFile(rotated, text, 0o600); err != nil {
		t.Fatal(err)
	}
	whole := newDesk(t)
	if e, err := whole.importFile(t.Context(), rotated, "asterisk-cdr", 0, nil); err != nil || e.Stored != rows {
		t.Fatalf("%d rows are stored, %v", e.Stored, err)
	}
	_, want := whole.content()
	for _, c := range []struct {
		name   string
		change func(f *os.File) error
		grown  bool
	}{
		{"emptied", func(f *os.File) error { return f.Truncate(0) }, false},
		{"cut off", func(f *os.File) error { return f.Truncate(int64(len(text) - 30)) }, false},
		{"overwritten", func(f *os.File) error {
			_, err := f.WriteAt(bytes.Replace(text[len(text)-1000:], []byte("ANSWERED"), []byte("FAILED  "), 1), int64(len(text)-1000))
			return err
		}, false},
		{"grown", func(f *os.File) error { _, err := f.WriteAt(text[:1000], int64(len(text))); return err }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.key, d.store.Key = whole.key, whole.key
			name := filepath.Join(t.TempDir(), "Master.csv")
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
			changed := false
			e, err := d.importFile(t.Context(), name, "asterisk-cdr", batch, func(store.Progress) {
				if !changed {
					changed = true
					d.change(name, c.change)
				}
			})
			if c.grown != (err == nil) || err != nil && !strings.Contains(err.Error(), "changed or cut off while it was read") {
				t.Errorf("got %v", err)
			}
			if state := map[bool]string{true: store.Done, false: store.Running}[c.grown]; e.State != state || e.Read == 0 || e.Read != e.Stored {
				t.Errorf("the ledger says %+v", e)
			}
			// The copy that logrotate made.
			e, err = d.importFile(t.Context(), rotated, "asterisk-cdr", 0, nil)
			if err != nil || e.Stored != rows || e.Read != rows || e.State != store.Done || e.Again != c.grown {
				t.Errorf("the whole file again: %+v, %v", e, err)
			}
			if got, hash := d.content(); got != rows || hash != want {
				t.Errorf("%d rows (%x), want %d (%x)", got, hash, rows, want)
			}
		})
	}
}

func (d *desk) change(name string, change func(*os.File) error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err == nil {
		defer f.Close()
		err = change(f)
	}
	if err != nil {
		d.Error(err)
	}
}

// TestInsertOfTheDead: an importer that was killed leaves an insert that the engine
// is still working on. The next import waits for it: its rows are stored already.
func TestInsertOfTheDead(t *testing.T) {
	lines := generated(t, 14)
	d := newDesk(t)
	d.importText(strings.Join(lines[:10], ""))
	for _, sql := range []string{"CREATE TABLE under_way AS records", "INSERT INTO under_way SELECT * FROM records", "TRUNCATE TABLE records"} {
		if err := d.store.DB.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	inserted := make(chan error, 1)
	go func() {
		inserted <- d.store.DB.Exec(t.Context(), "INSERT INTO records SELECT * FROM under_way WHERE sleepEachRow(0.1) = 0")
	}()
	for !d.running("INSERT INTO records SELECT") {
		select {
		case err := <-inserted:
			t.Fatalf("the insert ended before it was seen: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	if got, want := counts(d.importText(strings.Join(lines, ""))), [5]uint64{14, 4, 10, 0, 0}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := <-inserted; err != nil {
		t.Error(err)
	}
}

func (d *desk) running(sql string) bool {
	health, err := clickhouse.EngineHealth(d.Context(), d.store.DB.Dir())
	if err != nil {
		d.Fatal(err)
	}
	for _, q := range health.Queries {
		if strings.HasPrefix(q.SQL, sql) {
			return true
		}
	}
	return false
}

// TestNotStored: rows and rejects that the engine said it stored, and that are gone
// when the import counts them, are stored by another pass over the file.
func TestNotStored(t *testing.T) {
	const rows, batch = 40, 5
	lines := generated(t, rows)
	lines[4] = "garbage\n"
	name := filepath.Join(t.TempDir(), "Master.csv")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, lose := range []string{"DELETE FROM records WHERE line BETWEEN 6 AND 9", "DELETE FROM rejects WHERE line = 5"} {
		d := newDesk(t)
		lost := false
		e, err := d.importFile(t.Context(), name, "asterisk-cdr", batch, func(p store.Progress) {
			if p.Entry.Read >= 20 && !lost {
				lost = true
				if err := d.store.DB.Exec(t.Context(), lose); err != nil {
					t.Error(err)
				}
			}
		})
		if err != nil || !lost {
			t.Fatalf("import: %v, rows lost: %v", err, lost)
		}
		if diff := cmp.Diff([5]uint64{rows, rows - 1, 0, 1, 0}, counts(e)); diff != "" {
			t.Errorf("ledger (-want +got):\n%s", diff)
		}
		rejects, err := d.store.Rejects(t.Context())
		if got, _ := d.content(); got != rows-1 || len(rejects) != 1 || err != nil {
			t.Errorf("%d rows and %d rejects are stored, want %d and 1; %v", got, len(rejects), rows-1, err)
		}
	}
}
