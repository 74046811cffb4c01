package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
)

func testStreaming(t *testing.T, db *clickhouse.DB) {
	const rows = 3_000_000
	r, err := db.Query(t.Context(), "SELECT number, toString(number) FROM numbers({n:UInt64})", driver.Named("n", rows))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var n, sum uint64
	var s string
	for r.Next() {
		var v uint64
		if err := r.Scan(&v, &s); err != nil {
			t.Fatal(err)
		}
		n, sum = n+1, sum+v
	}
	if r.Err() != nil || n != rows || sum != rows*(rows-1)/2 || s != "2999999" {
		t.Errorf("%d rows, sum %d, last %q, error %v", n, sum, s, r.Err())
	}
}

// testNested asks while the rows of another query are still being read, and
// leaves rows unread.
func testNested(t *testing.T, db *clickhouse.DB) {
	r, err := db.Query(t.Context(), "SELECT number FROM system.numbers")
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(3) {
		if !r.Next() {
			t.Fatal(r.Err())
		}
		if got := one[uint64](t.Context(), t, db, "SELECT {n:UInt64}", driver.Named("n", i)); got != i {
			t.Error(got)
		}
	}
	if err := r.Close(); err != nil {
		t.Errorf("close an endless result: %v", err)
	}
}

func testErrors(t *testing.T, db *clickhouse.DB) {
	for sql, want := range map[string]int32{
		"SELECT * FROM no_such_table":   60,
		"SELECT no_such_column":         47,
		"SELEC 1":                       62,
		"SELECT 1; SELECT 2":            62,
		"SELECT no_such_function(1)":    46,
		"DROP TABLE no_such_table":      60,
		"SELECT throwIf(1, 'Code: 1.')": 395,
	} {
		err := db.Exec(t.Context(), sql)
		if got := code(err); got != want {
			t.Errorf("%s: code %d, want %d: %v", sql, got, want, err)
		}
	}
}

func testErrorInStream(t *testing.T, db *clickhouse.DB) {
	ctx := driver.Context(t.Context(), driver.WithSettings(driver.Settings{"max_block_size": 10000, "max_threads": 1}))
	r, err := db.Query(ctx, "SELECT throwIf(number = 2000000), toString(number) FROM numbers(3000000)")
	n := 0
	if err == nil {
		defer r.Close()
		for r.Next() {
			n++
		}
		err = r.Err()
	}
	if code(err) != 395 {
		t.Errorf("after %d rows: %v", n, err)
	}
}

func testMemory(t *testing.T, db *clickhouse.DB) {
	ctx := driver.Context(t.Context(), driver.WithSettings(driver.Settings{"max_memory_usage": 50_000_000}))
	var n uint64
	if err := db.QueryRow(ctx, "SELECT length(groupArray(number)) FROM numbers(100000000)").Scan(&n); code(err) != 241 {
		t.Errorf("over the limit: %v", err)
	}
	if got := one[uint8](t.Context(), t, db, "SELECT 1"); got != 1 {
		t.Error(got)
	}
}

// slow runs for about a minute if nobody stops it; the mark makes it findable.
const slow = "SELECT count() FROM numbers(20000000000) WHERE sipHash64(number) = 1 AND '%s' != ''"

// running counts the queries with the mark, without itself.
func running(ctx context.Context, t *testing.T, db *clickhouse.DB, mark string) uint64 {
	t.Helper()
	return one[uint64](ctx, t, db, "SELECT count() FROM system.processes WHERE position(query, {mark:String}) > 0 AND position(query, 'sipHash64(number)') > 0 AND position(query, 'system.processes') = 0",
		driver.Named("mark", mark))
}

// gone waits until no query with the mark runs.
func gone(t *testing.T, db *clickhouse.DB, mark string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for running(ctx, t, db, mark) > 0 {
	}
}

func testCancellation(t *testing.T, db *clickhouse.DB) {
	mark := uuid.NewString()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		var n uint64
		ended <- db.QueryRow(ctx, fmt.Sprintf(slow, mark)).Scan(&n)
	}()
	for running(t.Context(), t, db, mark) == 0 {
		select {
		case err := <-ended:
			t.Fatalf("ended before it was cancelled: %v", err)
		default:
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled query: %v", err)
	}
	gone(t, db, mark)
}

func testDeadline(t *testing.T, db *clickhouse.DB) {
	mark := uuid.NewString()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var n uint64
	err := db.QueryRow(ctx, fmt.Sprintf(slow, mark)).Scan(&n)
	if !errors.Is(err, context.DeadlineExceeded) && code(err) != 159 {
		t.Errorf("query past its deadline: %v", err)
	}
	gone(t, db, mark)
}

// testStatements runs what is not a plain SELECT and still answers.
func testStatements(t *testing.T, db *clickhouse.DB) {
	name := table(t, db, "a UInt8")
	exec(t, db, "INSERT INTO "+name+" VALUES (1), (2)")
	for _, sql := range []string{
		"SHOW TABLES", "DESCRIBE TABLE " + name, "EXISTS TABLE " + name, "EXPLAIN SELECT 1", "CHECK TABLE " + name,
		"WITH 1 AS x SELECT x", "(SELECT 1) UNION ALL (SELECT 2)", "SHOW CREATE TABLE " + name, "FROM numbers(1) SELECT number",
		"-- a comment\nSELECT 1 -- and one more; here\n",
	} {
		r, err := db.Query(t.Context(), sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if !r.Next() {
			t.Errorf("%s: no row: %v", sql, r.Err())
		}
		r.Close()
	}
	exec(t, db, "INSERT INTO "+name+" SELECT number FROM numbers(3)")
	exec(t, db, "ALTER TABLE "+name+" DELETE WHERE a = 2 SETTINGS mutations_sync = 1")
	if got := one[uint64](t.Context(), t, db, "SELECT sum(a) FROM "+name); got != 2 {
		t.Error(got)
	}
}
