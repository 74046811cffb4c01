package store_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"vmaudit/cdr"
	"vmaudit/internal/clickhouse/chtest"
	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

const benchRows = 500_000

// writeCDR writes an Asterisk CDR of rows legs over ten days: 2,000 extensions,
// callers from the numbers reserved for fiction.
func writeCDR(b testing.TB, name string, rows int) {
	b.Helper()
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	begin, step := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 10*24*time.Hour/time.Duration(rows)
	for i := range rows {
		at := begin.Add(time.Duration(i) * step)
		end := at.Add(30 * time.Second)
		caller, ext := fmt.Sprintf("08465004%02d", i*7%100), 40000+i*31%2000
		app, data := "Dial", fmt.Sprintf("PJSIP/%d,20", ext)
		if i%4 == 0 {
			app, data = "VoiceMail", fmt.Sprintf("%d@default,u", ext)
		}
		fmt.Fprintf(w, `"","%s","%d","vm","""%s"" <%s>","PJSIP/trunk-%08x","PJSIP/%d-%08x","%s","%s","%s","%s","%s",30,30,"ANSWERED","DOCUMENTATION","%d.%d","","","%d.%d",%d`+"\n",
			caller, ext, caller, caller, i, ext, i, app, data, at.Format(time.DateTime), at.Format(time.DateTime), end.Format(time.DateTime),
			at.Unix(), i, at.Unix(), i, i)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkImport imports a file, and lets the engine load the same file by
// itself: the importer, which also normalises, tokenises and deduplicates, should
// not be the slower one. Compare rows/s of the two.
func BenchmarkImport(b *testing.B) {
	name := filepath.Join(b.TempDir(), "Master.csv")
	writeCDR(b, name, benchRows)
	b.Run("vmaudit", func(b *testing.B) {
		key := number.NewKey()
		registry, err := cdr.Formats()
		if err != nil {
			b.Fatal(err)
		}
		format, err := registry.Lookup("asterisk-cdr")
		if err != nil {
			b.Fatal(err)
		}
		s, err := store.Open(b.Context(), chtest.New(b), key)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for b.Loop() {
			f, err := os.Open(name)
			if err != nil {
				b.Fatal(err)
			}
			n++
			e, err := s.Import(b.Context(), store.Source{Name: name, File: f}, store.Job{System: fmt.Sprint("s", n), Format: format, Zone: time.UTC, Numbers: number.NewNormaliser(nil, key)})
			f.Close()
			if err != nil || e.Stored != benchRows {
				b.Fatal(e, err)
			}
		}
		b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("engine", func(b *testing.B) {
		db := chtest.New(b)
		columns := "accountcode String, src String, dst String, dcontext String, clid String, channel String, dstchannel String, lastapp String, lastdata String, start DateTime, answer DateTime, end DateTime, duration UInt32, billsec UInt32, disposition String, amaflags String, uniqueid String, userfield String, peeraccount String, linkedid String, sequence UInt64"
		if err := db.Exec(b.Context(), "CREATE TABLE t ("+columns+") ENGINE = MergeTree ORDER BY (start, uniqueid)"); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := db.Exec(b.Context(), "INSERT INTO t SELECT * FROM file({name:String}, CSV)", chgo.Named("name", name)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
