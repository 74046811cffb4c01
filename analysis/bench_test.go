package analysis_test

import (
	"fmt"
	"testing"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"vmaudit/analysis"
	"vmaudit/internal/clickhouse/chtest"
	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

// City sizes the generated town of the benchmarks.
const (
	cityLegs       = 10_000_000
	cityDays       = 30
	cityExtensions = 40_000
)

// city generates the legs in SQL: 30 days, every fourth leg ends at a mailbox,
// one in 500 of those in the mailbox application without a PIN.
func city(b *testing.B, legs int) *store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), chtest.New(b), number.NewKey())
	if err != nil {
		b.Fatal(err)
	}
	exec := func(query string, args ...any) {
		b.Helper()
		if err := s.DB.Exec(b.Context(), query, args...); err != nil {
			b.Fatal(err)
		}
	}
	exec(`INSERT INTO directory (version, line, extension, called, mailbox, name, unit, controller, valid_from, valid_to)
		SELECT 1, number, toString(40000 + number) AS extension, [extension], extension, concat('Person ', extension), concat('Enhet ', toString(number % 400)), concat('N', toString(number % 14)), '1970-01-01', '2200-01-01'
		FROM numbers({n:UInt64})`, chgo.Named("n", fmt.Sprint(cityExtensions)))
	exec(`INSERT INTO directory_versions (version, rows) SELECT 1, 1`)
	// A day at a time, as exports come.
	for day := range cityDays {
		exec(`INSERT INTO records (system, call, id, format, kind, leg, start, answer, end, caller, caller_class, dialled, dialled_class, answered, app, action, mailbox, auth, grade)
			SELECT 'city', concat(toString(toUnixTimestamp(start)), '.', toString(n)) AS call, sipHash128(n), 'asterisk-cdr', 'leg', call,
				toDateTime64('2026-03-02 00:00:00', 3, 'UTC') + toIntervalDay({day:UInt32}) + toIntervalMillisecond(number * 86400000 / {per:UInt64}) AS start,
				start, start + toIntervalSecond(10 + n % 50),
				concat('t1-bench-', toString(cityHash64(n) % 1000000)), 'external', toString(40000 + sipHash64(n) % {extensions:UInt64}) AS ext, 'internal', true,
				if(n % 4 = 0, if(n % 2000 = 0, 'VoiceMailMain', 'VoiceMail'), 'Dial'),
				if(n % 4 = 0, if(n % 2000 = 0, 'retrieval', 'deposit'), ''), if(n % 4 = 0, ext, ''), if(n % 2000 = 0, 'skipped', ''), if(n % 4 = 0, 'B', '')
			FROM (SELECT number, number + {day:UInt64} * {per:UInt64} AS n FROM numbers({per:UInt64}))`,
			chgo.Named("day", fmt.Sprint(day)), chgo.Named("per", fmt.Sprint(legs/cityDays)), chgo.Named("extensions", fmt.Sprint(cityExtensions)))
	}
	return s
}

// BenchmarkAudit asks the questions of a city with 10 million legs: deriving all
// sessions once, judging five days of them, all of them, and again when nothing
// has changed; then the list.
func BenchmarkAudit(b *testing.B) {
	s := city(b, cityLegs)
	a := &analysis.Auditor{Store: s}
	from := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
	week := store.Change{ID: "five days", From: from, To: from.AddDate(0, 0, 5), Basis: "stated"}
	all := store.Change{ID: "all days", From: from.AddDate(0, -1, 0), Basis: "stated"}
	once := func(name string, f func() error) {
		// Asked once: the second time is another question.
		begin := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		took := time.Since(begin)
		b.Run(name, func(b *testing.B) {
			b.ReportMetric(took.Seconds(), "s")
			b.ReportMetric(0, "ns/op")
		})
	}
	var audit *analysis.Audit
	judge := func(c store.Change) func() error {
		return func() (err error) {
			audit, err = a.Audit(b.Context(), c)
			if err == nil {
				_, err = a.Summarise(b.Context(), audit)
			}
			return err
		}
	}
	once("derive", func() error { return a.Derive(b.Context()) })
	once("audit of 5 days", judge(week))
	once("audit of 5 days again", judge(week))
	once("affected of 5 days", func() error {
		list, err := a.Affected(b.Context(), audit, analysis.Filter{})
		if err == nil && list.Exposed == 0 {
			b.Fatal("nobody is exposed")
		}
		return err
	})
	once("audit of 30 days", judge(all))
	once("affected of 30 days", func() error {
		_, err := a.Affected(b.Context(), audit, analysis.Filter{})
		return err
	})
}
