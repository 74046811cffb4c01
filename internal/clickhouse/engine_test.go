package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/clickhouse/chtest"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// engine is the process id of the engine of a directory.
func engine(t testing.TB, db *clickhouse.DB) int {
	t.Helper()
	h, err := clickhouse.EngineHealth(t.Context(), db.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return h.PID
}

func signal(t testing.TB, pid int, s syscall.Signal) {
	t.Helper()
	if pid <= 1 || pid == os.Getpid() {
		t.Fatalf("the engine's process id is %d", pid)
	}
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

// busy waits until the engine runs a query whose text contains part.
func busy(t testing.TB, db *clickhouse.DB, part string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		// One engine may just have ended and the next not begun.
		h, err := clickhouse.EngineHealth(ctx, db.Dir())
		if ctx.Err() != nil {
			t.Fatal("the query was not seen: ", err)
		}
		for _, q := range h.Queries {
			if strings.Contains(q.SQL, part) {
				return
			}
		}
	}
}

// Starters that come at the same moment must end up with one engine.
func TestStartersRace(t *testing.T) {
	dir := chtest.Dir(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			db, err := clickhouse.Open(t.Context(), dir, clickhouse.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if err := db.Exec(t.Context(), fmt.Sprintf("CREATE TABLE t%d (a UInt8) ENGINE = MergeTree ORDER BY a", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	db := open(t, dir, clickhouse.Options{})
	if n := one[uint64](t.Context(), t, db, "SELECT count() FROM system.tables WHERE database = 'default'"); n != 8 {
		t.Errorf("%d tables of 8", n)
	}
}

func TestEngineKilledBetweenRequests(t *testing.T) {
	db := open(t, chtest.Dir(t), clickhouse.Options{})
	exec(t, db, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	for i := range uint64(3) {
		before := engine(t, db)
		signal(t, before, syscall.SIGKILL)
		// An INSERT that never reached an engine is repeated too.
		exec(t, db, "INSERT INTO t SELECT {n:UInt64}", driver.Named("n", i))
		if after := engine(t, db); after == before {
			t.Error("the killed engine answers")
		}
	}
	if n := one[uint64](t.Context(), t, db, "SELECT count() FROM t"); n != 3 {
		t.Errorf("%d rows of 3", n)
	}
}

func TestEngineKilledInRequest(t *testing.T) {
	db := open(t, chtest.Dir(t), clickhouse.Options{})
	exec(t, db, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100")
	token := driver.Context(t.Context(), driver.WithSettings(driver.Settings{"insert_deduplication_token": "one"}))
	for _, test := range []struct {
		name string
		ctx  context.Context
		sql  string
		want error
	}{
		{"read", t.Context(), "SELECT 'read', sleep(1)", nil},
		{"insert", t.Context(), "INSERT INTO t SELECT 1 + sleep(1)", clickhouse.ErrEngineLost},
		{"insert with token", token, "INSERT INTO t SELECT 2 + sleep(1)", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			ended := make(chan error, 1)
			go func() { ended <- db.Exec(test.ctx, test.sql) }()
			busy(t, db, "sleep(1)")
			signal(t, engine(t, db), syscall.SIGKILL)
			if err := <-ended; !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			} else if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %v", err)
			}
		})
	}
	if n := one[uint64](t.Context(), t, db, "SELECT sum(a) FROM t"); n != 2 {
		t.Errorf("sum is %d, want the row with the token only", n)
	}
}

func TestHungEngineIsReplaced(t *testing.T) {
	clickhouse.SetWatchInterval(200 * time.Millisecond)
	defer clickhouse.SetWatchInterval(5 * time.Second)
	db := open(t, chtest.Dir(t), clickhouse.Options{})
	before := engine(t, db)
	signal(t, before, syscall.SIGSTOP)
	if n := one[uint8](t.Context(), t, db, "SELECT 1"); n != 1 {
		t.Error(n)
	}
	if after := engine(t, db); after == before {
		t.Error("the stopped engine answers")
	}
}

// A query that nothing can stop ends the engine; the next request gets a new
// one.
func TestQueryThatCannotBeStopped(t *testing.T) {
	db := open(t, chtest.Dir(t), clickhouse.Options{})
	before := engine(t, db)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if cancelOpening(t, db, pipe); ended(t, db, before) {
			if n := one[uint8](t.Context(), t, db, "SELECT 1"); n != 1 {
				t.Error(n)
			}
			return
		}
	}
	t.Error("the engine stopped the query each time: nothing was tried")
}

// cancelOpening cancels a query that opens a pipe nobody writes to, which
// waits in the kernel.
func cancelOpening(t *testing.T, db *clickhouse.DB, pipe string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- db.Exec(ctx, "SELECT * FROM file('"+pipe+"', CSV, 'a UInt8')") }()
	busy(t, db, pipe)
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// ended waits until the engine has ended or has nothing to do.
func ended(t *testing.T, db *clickhouse.DB, pid int) bool {
	t.Helper()
	for {
		h, err := clickhouse.EngineHealth(t.Context(), db.Dir())
		if err != nil || h.PID != pid {
			return true
		}
		if len(h.Queries) == 0 {
			return false
		}
	}
}

// With no idle time at all the engine is always just ending when the next
// request comes; none may be lost or run twice.
func TestIdleEndLosesNothing(t *testing.T) {
	db := open(t, chtest.Dir(t), clickhouse.Options{Idle: time.Nanosecond})
	exec(t, db, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	engines := map[int]bool{}
	const n = 30
	for i := range uint64(n) {
		exec(t, db, "INSERT INTO t SELECT {n:UInt64}", driver.Named("n", i))
		// Every third request comes when the engine has gone, the others at
		// whatever moment of its ending.
		for i%3 == 0 {
			h, err := clickhouse.EngineHealth(t.Context(), db.Dir())
			if errors.Is(err, clickhouse.ErrNoEngine) {
				break
			}
			engines[h.PID] = err == nil
		}
	}
	if got := one[uint64](t.Context(), t, db, "SELECT count() FROM t"); got != n {
		t.Errorf("%d rows of %d", got, n)
	}
	if len(engines) < 3 {
		t.Errorf("only %d engines were seen: the end was not tried", len(engines))
	}
}

func TestDirectoryRemovedUnderEngine(t *testing.T) {
	dir := chtest.Dir(t)
	db := open(t, dir, clickhouse.Options{})
	exec(t, db, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	before := engine(t, db)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	exec(t, db, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	if after := engine(t, db); after == before {
		t.Error("the engine of the removed directory answers")
	}
}

func TestMemoryIsCapped(t *testing.T) {
	db := open(t, chtest.Dir(t), clickhouse.Options{Memory: 700 << 20})
	before := engine(t, db)
	for range 3 {
		var n uint64
		if err := db.QueryRow(t.Context(), "SELECT length(groupArray(number)) FROM numbers(200000000)").Scan(&n); code(err) != 241 {
			t.Fatalf("over the cap: %v", err)
		}
	}
	if after := engine(t, db); after != before {
		t.Error("the engine did not survive")
	}
}

func TestLongPath(t *testing.T) {
	dir := filepath.Join(chtest.Dir(t), strings.Repeat("long", 30))
	db := open(t, dir, clickhouse.Options{})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := clickhouse.Stop(ctx, dir); err != nil {
			t.Error(err)
		}
	})
	if n := one[uint8](t.Context(), t, db, "SELECT 1"); n != 1 {
		t.Error(n)
	}
}

func TestUnusableDirectory(t *testing.T) {
	chtest.Need(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	locked := chtest.Dir(t)
	taken := open(t, chtest.Dir(t), clickhouse.Options{})
	if err := os.MkdirAll(locked, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(taken.Dir(), "data"), filepath.Join(locked, "data")); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		file:                         "it is a file",
		filepath.Join(file, "below"): "it is a file",
		locked:                       "another engine",
	}
	if os.Getuid() != 0 {
		sealed := filepath.Join(t.TempDir(), "sealed")
		if err := os.Mkdir(sealed, 0o500); err != nil {
			t.Fatal(err)
		}
		cases[sealed] = "not writable"
	}
	for dir, want := range cases {
		_, err := clickhouse.Open(t.Context(), dir, clickhouse.Options{})
		var directory *clickhouse.DirectoryError
		if !errors.As(err, &directory) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", dir, err, want)
		}
	}
}

func TestEngineThatDoesNotStart(t *testing.T) {
	chtest.Need(t)
	_, err := clickhouse.Open(t.Context(), filepath.Join(t.TempDir(), "db"), clickhouse.Options{Engine: []string{"/bin/sh", "-c", "echo last word; exit 3"}})
	var start *clickhouse.EngineStartError
	if !errors.As(err, &start) || !strings.Contains(err.Error(), "last word") {
		t.Error(err)
	}
}
