package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmaudit/cdr"
	"vmaudit/internal/clickhouse/chtest"
	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

// desk imports text under one key.
type desk struct {
	*testing.T
	store *store.Store
	key   *number.Key
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	key := number.NewKey()
	s, err := store.Open(t.Context(), chtest.New(t), key)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, s, key}
}

func (d *desk) importFile(ctx context.Context, name, format string, batch int, progress func(store.Progress)) (store.Entry, error) {
	d.Helper()
	registry, err := cdr.Formats()
	if err != nil {
		d.Fatal(err)
	}
	f, err := registry.Lookup(format)
	if err != nil {
		d.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		d.Fatal(err)
	}
	defer file.Close()
	return d.store.Import(ctx, store.Source{Name: name, File: file}, store.Job{
		System: "pbx", Format: f, Zone: time.UTC, Numbers: number.NewNormaliser(nil, d.key), Batch: batch, Progress: progress,
	})
}

func (d *desk) importText(text string) store.Entry {
	d.Helper()
	name := filepath.Join(d.TempDir(), "Master.csv")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
	e, err := d.importFile(d.Context(), name, "asterisk-cdr", 3, nil)
	if err != nil {
		d.Fatal(err)
	}
	return e
}

func counts(e store.Entry) [5]uint64 {
	return [5]uint64{e.Read, e.Stored, e.Duplicate, e.Rejected, e.Skipped}
}

// content is a hash of all rows, whatever file brought them.
func (d *desk) content() (rows, hash uint64) {
	d.Helper()
	if err := d.store.DB.QueryRow(d.Context(), `SELECT count(), groupBitXor(cityHash64(* EXCEPT (file, line))) FROM records`).Scan(&rows, &hash); err != nil {
		d.Fatal(err)
	}
	return rows, hash
}

func generated(t testing.TB, rows int) []string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "generated.csv")
	writeCDR(t, name, rows)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(string(text), "\n")[:rows]
}

// TestLedger: what becomes of every row, for files that grow, overlap, repeat
// themselves and break.
func TestLedger(t *testing.T) {
	lines := generated(t, 20)
	all := func(l []string) string { return strings.Join(l, "") }
	d := newDesk(t)
	for _, step := range []struct {
		name, text string
		want       [5]uint64 // read, stored, duplicate, rejected, skipped
	}{
		{"first", all(lines[:10]), [5]uint64{10, 10, 0, 0, 0}},
		{"the same again", all(lines[:10]), [5]uint64{10, 10, 0, 0, 0}},
		{"grown", all(lines[:14]), [5]uint64{14, 4, 10, 0, 0}},
		{"overlapping", all(lines[12:18]), [5]uint64{6, 4, 2, 0, 0}},
		{"each line twice", all(lines[18:19]) + all(lines[18:19]), [5]uint64{2, 1, 1, 0, 0}},
		{"broken", "garbage,0701740699\n\n" + lines[19], [5]uint64{3, 1, 0, 1, 1}},
		{"nothing", "", [5]uint64{}},
	} {
		if got := counts(d.importText(step.text)); got != step.want {
			t.Errorf("%s: got %v, want %v", step.name, got, step.want)
		}
	}
	if rows, _ := d.content(); rows != 20 {
		t.Errorf("%d rows are stored, want 20", rows)
	}
	ledger, err := d.store.Ledger(t.Context())
	if err != nil || len(ledger) != 6 {
		t.Fatalf("%d entries, %v, want 6: the same file twice is one", len(ledger), err)
	}
	for _, e := range ledger {
		if e.Read != e.Stored+e.Duplicate+e.Rejected+e.Skipped || e.State != store.Done {
			t.Errorf("entry %+v", e)
		}
	}
}

// TestOrder: the same rows in other files and orders are the same database.
func TestOrder(t *testing.T) {
	lines := generated(t, 30)
	one, many := newDesk(t), newDesk(t)
	many.key = one.key
	one.importText(strings.Join(lines, ""))
	for _, part := range [][]string{lines[20:], lines[5:25], lines[:10]} {
		many.importText(strings.Join(part, ""))
	}
	r1, h1 := one.content()
	r2, h2 := many.content()
	if r1 != 30 || r1 != r2 || h1 != h2 {
		t.Errorf("%d rows (%x) and %d rows (%x)", r1, h1, r2, h2)
	}
}

// TestLittleRoom: days that were forgotten for room are read again, and no row is
// stored twice or lost: the file jumps between ten days, and then comes again
// with rows of its own.
func TestLittleRoom(t *testing.T) {
	store.SetSeenRoom(t, 4)
	lines := generated(t, 40) // in order of time, ten days
	var jumping []string
	for i := range lines {
		jumping = append(jumping, lines[i*7%len(lines)])
	}
	d := newDesk(t)
	if got, want := counts(d.importText(strings.Join(jumping[:30], ""))), [5]uint64{30, 30, 0, 0, 0}; got != want {
		t.Errorf("first: %v, want %v", got, want)
	}
	if got, want := counts(d.importText(strings.Join(jumping, ""))), [5]uint64{40, 10, 30, 0, 0}; got != want {
		t.Errorf("grown: %v, want %v", got, want)
	}
	if rows, _ := d.content(); rows != 40 {
		t.Errorf("%d rows are stored, want 40", rows)
	}
}

// TestInterrupted: an import that is cut off between any two batches, and run
// again, has the ledger and the rows of one that was not.
func TestInterrupted(t *testing.T) {
	const rows, batch = 40, 5
	name := filepath.Join(t.TempDir(), "Master.csv")
	if err := os.WriteFile(name, []byte(strings.Join(generated(t, rows), "")), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	whole, err := d.importFile(t.Context(), name, "asterisk-cdr", batch, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, want := d.content()
	for cut := range rows / batch {
		again := newDesk(t)
		again.key = d.key
		ctx, stop := context.WithCancel(t.Context())
		n := 0
		_, err := again.importFile(ctx, name, "asterisk-cdr", batch, func(store.Progress) {
			if n++; n > cut {
				stop()
			}
		})
		stop()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cut %d: %v", cut, err)
		}
		e, err := again.importFile(t.Context(), name, "asterisk-cdr", batch, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(counts(whole), counts(e)); diff != "" {
			t.Errorf("cut %d: ledger (-want +got):\n%s", cut, diff)
		}
		if got, hash := again.content(); got != rows || hash != want {
			t.Errorf("cut %d: %d rows (%x), want %d (%x)", cut, got, hash, rows, want)
		}
	}
}

// longNumber is what must be found nowhere: more digits in a row than an extension has.
var longNumber = regexp.MustCompile(`(?:46|0)[1-9]\d{6,}`)

// TestNoNumberInClear looks through every text column of every table, after an
// import of the recorded run with lines that are broken on purpose, for numbers
// of strangers, PINs and names.
func TestNoNumberInClear(t *testing.T) {
	d := newDesk(t)
	recorded := filepath.Join("..", "..", "testdata", "asterisk-run")
	for _, f := range [][2]string{{"asterisk-cdr", "Master.csv"}, {"asterisk-cel", "cel.csv"}} {
		if _, err := d.importFile(t.Context(), filepath.Join(recorded, f[1]), f[0], 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	d.importText(`"","0701740699","4101","Eriksson, Greta","PIN 4711"` + "\n" +
		`"","0701740699","4101","vm","""Greta"" <0701740699>","PJSIP/0701740699-1","PJSIP/0701740698-2","Dial","PJSIP/0701740698@trunk,20","2026-03-02 10:00:00","2026-03-02 10:00:00","2026-03-02 10:00:30",30,30,"ANSWERED","DOCUMENTATION","1772445600.1","0701740699","","1772445600.1",1` + "\n")
	file, err := os.Open(filepath.Join(recorded, "directory.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := d.store.ImportDirectory(t.Context(), file, number.NewNormaliser(nil, d.key), time.UTC); err != nil {
		t.Fatal(err)
	}
	columns := d.textColumns()
	if len(columns) < 40 {
		t.Fatalf("only %d text columns were found", len(columns))
	}
	values := 0
	for _, c := range columns {
		if c[0] == "schema_migrations" || c[1] == "name" || c[0] == "directory" && (c[1] == "did" || c[1] == "mobile") {
			continue // staff must be told; a file's name is the user's
		}
		for _, v := range d.values(c) {
			values++
			if found := longNumber.FindString(v); found != "" && c[1] != "file" && c[1] != "call" && c[1] != "leg" {
				t.Errorf("%s.%s has %q", c[0], c[1], v)
			}
			if strings.Contains(v, "Greta") || strings.Contains(v, "Eriksson") || strings.Contains(v, "4711") {
				t.Errorf("%s.%s has %q", c[0], c[1], v)
			}
		}
	}
	if values < 1000 {
		t.Errorf("only %d values were looked at", values)
	}
	rejects, err := d.store.Rejects(t.Context())
	if err != nil || len(rejects) != 1 || rejects[0].Line != 1 {
		t.Errorf("rejects %+v, %v", rejects, err)
	}
}

func (d *desk) textColumns() (columns [][2]string) {
	d.Helper()
	rows, err := d.store.DB.Query(d.Context(), `SELECT table, name FROM system.columns WHERE database = currentDatabase() AND type LIKE '%String%' ORDER BY table, name`)
	if err != nil {
		d.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c [2]string
		if err := rows.Scan(&c[0], &c[1]); err != nil {
			d.Fatal(err)
		}
		columns = append(columns, c)
	}
	return columns
}

func (d *desk) values(column [2]string) (values []string) {
	d.Helper()
	rows, err := d.store.DB.Query(d.Context(), fmt.Sprintf("SELECT DISTINCT toString(%s) FROM %s", column[1], column[0]))
	if err != nil {
		d.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			d.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}

// TestWrongKey: one database, one key.
func TestWrongKey(t *testing.T) {
	d := newDesk(t)
	d.importText(generated(t, 1)[0])
	var wrong *store.WrongKeyError
	if _, err := store.Open(t.Context(), d.store.DB, number.NewKey()); !errors.As(err, &wrong) {
		t.Errorf("another key was accepted: %v", err)
	}
	if _, err := store.Open(t.Context(), d.store.DB, d.key); err != nil {
		t.Error(err)
	}
}
