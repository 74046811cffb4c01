package clickhouse_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/clickhouse/chtest"
)

const createTable = "CREATE TABLE IF NOT EXISTS t (n UInt64) ENGINE = MergeTree ORDER BY n"

// TestFullDisk: what needs room fails with a DiskFullError, reading goes on, and
// with room again everything does, also with a new engine.
func TestFullDisk(t *testing.T) {
	chtest.Need(t)
	disk := chtest.Disk(t, "8m")
	dir := filepath.Join(disk, "db")
	t.Cleanup(func() { stop(t, dir) })
	db := open(t, dir, clickhouse.Options{})
	ballast := chtest.Fill(t, disk)
	for _, sql := range []string{createTable, "CREATE DATABASE d"} {
		var full *clickhouse.DiskFullError
		if err := db.Exec(t.Context(), sql); !errors.As(err, &full) || full.Dir != dir || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%q on a full disk: %v", sql, err)
		}
	}
	var n uint64
	if err := db.QueryRow(t.Context(), "SELECT toUInt64(1)").Scan(&n); err != nil {
		t.Errorf("reading on a full disk: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := db.Exec(t.Context(), createTable); err != nil {
			t.Errorf("with room again: %v", err)
		}
		if err := db.Exec(t.Context(), "INSERT INTO t SELECT 1"); err != nil {
			t.Errorf("with room again: %v", err)
		}
		stop(t, dir)
	}
}

// TestCutDefinition: a table whose definition was cut off by a full disk, which
// libchdb does not open again, is forgotten by the next engine; the others stay.
func TestCutDefinition(t *testing.T) {
	dir := chtest.Dir(t)
	db := open(t, dir, clickhouse.Options{})
	for _, sql := range []string{createTable, "CREATE TABLE u (n UInt64) ENGINE = MergeTree ORDER BY n", "INSERT INTO u SELECT 7"} {
		if err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	stop(t, dir)
	names, err := filepath.Glob(filepath.Join(dir, "data", "store", "*", "*", "t.sql"))
	if err != nil || len(names) != 1 {
		t.Fatalf("definitions of t: %q, %v", names, err)
	}
	if err := os.Truncate(names[0], 10); err != nil {
		t.Fatal(err)
	}
	var n uint64
	if err := db.QueryRow(t.Context(), "SELECT n FROM u").Scan(&n); err != nil || n != 7 {
		t.Errorf("the other table: %d, %v", n, err)
	}
	if err := db.Exec(t.Context(), createTable); err != nil {
		t.Error(err)
	}
}

func stop(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute) // in a cleanup it has ended
	defer cancel()
	if err := clickhouse.Stop(ctx, dir); err != nil {
		t.Error(err)
	}
}
