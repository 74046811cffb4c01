package access_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"vmaudit/internal/access"
	"vmaudit/internal/clickhouse/chtest"
	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

func TestMain(m *testing.M) { chtest.Main(m) }

func newLog(t *testing.T) *access.Log {
	t.Helper()
	key := number.NewKey()
	s, err := store.Open(t.Context(), chtest.New(t), key)
	if err != nil {
		t.Fatal(err)
	}
	return &access.Log{DB: s.DB, Key: key, Head: filepath.Join(t.TempDir(), "head"), User: "cecilia"}
}

func look(t *testing.T, l *access.Log, n int) {
	t.Helper()
	for i := range n {
		if err := l.Record(t.Context(), access.Entry{Command: "affected", Purpose: access.Notification, Filter: "controller=EAV", Rows: uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTampering changes a log of five rows in every way that somebody with access
// to the database can, and wants each found.
func TestTampering(t *testing.T) {
	for name, tamper := range map[string]string{
		"a user changed":           `ALTER TABLE access_log UPDATE user = 'nobody' WHERE seq = 3 SETTINGS mutations_sync = 2`,
		"a filter changed":         `ALTER TABLE access_log UPDATE filter = '' WHERE seq = 5 SETTINGS mutations_sync = 2`,
		"a time changed":           `ALTER TABLE access_log UPDATE at = at + 1 WHERE seq = 1 SETTINGS mutations_sync = 2`,
		"rows changed":             `ALTER TABLE access_log UPDATE rows = 0 WHERE seq = 4 SETTINGS mutations_sync = 2`,
		"a denial made a look":     `ALTER TABLE access_log UPDATE outcome = 'denied' WHERE seq = 4 SETTINGS mutations_sync = 2`,
		"the first row dropped":    `DELETE FROM access_log WHERE seq = 1`,
		"a row in between dropped": `DELETE FROM access_log WHERE seq = 3`,
		"the last row dropped":     `DELETE FROM access_log WHERE seq = 5`,
		"all rows dropped":         `TRUNCATE TABLE access_log`,
		"a row doubled":            `INSERT INTO access_log SELECT * FROM access_log WHERE seq = 2`,
		"a row added at the end":   `INSERT INTO access_log SELECT 6, nonce, at, user, command, purpose, filter, outcome, rows, hash, hash FROM access_log WHERE seq = 5`,
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t)
			look(t, l, 5)
			if n, err := l.Verify(t.Context()); n != 5 || err != nil {
				t.Fatalf("before: %d rows, %v", n, err)
			}
			if err := l.DB.Exec(t.Context(), tamper); err != nil {
				t.Fatal(err)
			}
			var broken *access.BrokenError
			if _, err := l.Verify(t.Context()); !errors.As(err, &broken) {
				t.Errorf("not found: %v", err)
			}
		})
	}
}

// TestNoHead: who cuts the end of the log and takes the head file away is found.
func TestNoHead(t *testing.T) {
	l := newLog(t)
	if _, err := l.Verify(t.Context()); err != nil {
		t.Errorf("an empty log: %v", err)
	}
	look(t, l, 3)
	if err := l.DB.Exec(t.Context(), `DELETE FROM access_log WHERE seq = 3`); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(l.Head); err != nil {
		t.Fatal(err)
	}
	var broken *access.BrokenError
	if _, err := l.Verify(t.Context()); !errors.As(err, &broken) {
		t.Errorf("not found: %v", err)
	}
	if err := l.Record(t.Context(), access.Entry{}); !errors.As(err, &broken) {
		t.Errorf("a look after the end was cut: %v", err)
	}
}

// TestNoLogNoLook: where the log cannot be trusted or written, nothing is shown.
func TestNoLogNoLook(t *testing.T) {
	l := newLog(t)
	look(t, l, 2)
	if err := l.DB.Exec(t.Context(), `DELETE FROM access_log WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	if err := l.Record(t.Context(), access.Entry{}); err == nil {
		t.Error("a look was recorded after a log that lost its end")
	}
	l.Head = filepath.Join(t.TempDir(), "no such folder", "head")
	if err := l.Record(t.Context(), access.Entry{}); err == nil {
		t.Error("a look was recorded whose head could not be kept")
	}
}

// TestManyLook: rows of several processes form one chain.
func TestManyLook(t *testing.T) {
	l := newLog(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 10 {
				if err := l.Record(t.Context(), access.Entry{Command: "affected"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n, err := l.Verify(t.Context()); n != 40 || err != nil {
		t.Errorf("%d rows, %v, want 40", n, err)
	}
}

// TestAnotherKey: a chain that was made with another key is not taken for ours.
func TestAnotherKey(t *testing.T) {
	l := newLog(t)
	look(t, l, 1)
	l.Key = number.NewKey()
	if _, err := l.Verify(t.Context()); err == nil {
		t.Error("a chain under another key was taken for ours")
	}
}

func TestPurpose(t *testing.T) {
	if p, err := access.ParsePurpose(""); p != access.IncidentScoping || err != nil {
		t.Errorf("default %q, %v", p, err)
	}
	var unknown *access.UnknownPurposeError
	for _, name := range []string{"curiosity", "Notification", " notification"} {
		if _, err := access.ParsePurpose(name); !errors.As(err, &unknown) {
			t.Errorf("purpose %q: %v", name, err)
		}
	}
}

func TestHeadIsPrivate(t *testing.T) {
	l := newLog(t)
	look(t, l, 1)
	info, err := os.Stat(l.Head)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("head file: %v %v", info.Mode(), err)
	}
}
