package clickhouse_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/clickhouse/chtest"
)

// BenchmarkStart is the time from no engine to the first answer.
func BenchmarkStart(b *testing.B) {
	dir := chtest.Dir(b)
	for b.Loop() {
		db, err := clickhouse.Open(b.Context(), dir, clickhouse.Options{})
		if err != nil {
			b.Fatal(err)
		}
		db.Close()
		b.StopTimer()
		if err := clickhouse.Stop(b.Context(), dir); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkQuery is the price of the door: a query that does nothing.
func BenchmarkQuery(b *testing.B) {
	db := chtest.New(b)
	for b.Loop() {
		one[uint8](b.Context(), b, db, "SELECT 1")
	}
}

// BenchmarkBatch inserts batches of 15 columns, column by column.
func BenchmarkBatch(b *testing.B) {
	const rows = 50_000
	db := chtest.New(b)
	columns := "t DateTime64(3, 'UTC')"
	numbers, texts, times := make([]uint64, rows), make([]string, rows), make([]time.Time, rows)
	for i := range numbers {
		numbers[i], texts[i], times[i] = uint64(i), fmt.Sprintf("value %d", i%1000), time.UnixMilli(int64(i))
	}
	for i := range 7 {
		columns += fmt.Sprintf(", n%d UInt64, s%d LowCardinality(String)", i, i)
	}
	name := table(b, db, columns)
	for b.Loop() {
		batch, err := db.PrepareBatch(b.Context(), "INSERT INTO "+name)
		if err != nil {
			b.Fatal(err)
		}
		if err := batch.Column(0).Append(times); err != nil {
			b.Fatal(err)
		}
		for i := range 7 {
			if err := batch.Column(1 + 2*i).Append(numbers); err != nil {
				b.Fatal(err)
			}
			if err := batch.Column(2 + 2*i).Append(texts); err != nil {
				b.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkStream reads a large result row by row.
func BenchmarkStream(b *testing.B) {
	const rows = 1_000_000
	db := chtest.New(b)
	for b.Loop() {
		if err := drain(b.Context(), db, rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func drain(ctx context.Context, db *clickhouse.DB, rows int) error {
	r, err := db.Query(ctx, fmt.Sprintf("SELECT number, toString(number) FROM numbers(%d)", rows))
	if err != nil {
		return err
	}
	defer r.Close()
	var n uint64
	var s string
	for r.Next() {
		if err := r.Scan(&n, &s); err != nil {
			return err
		}
	}
	return r.Err()
}
