package analysis_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"vmaudit/analysis"
	"vmaudit/internal/clickhouse"
	"vmaudit/internal/clickhouse/chtest"
	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

// City sizes the generated town of the benchmarks.
const (
	cityDays       = 30
	cityExtensions = 40_000
)

var cityBegins = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// city generates the legs in SQL: 30 days, every fourth leg ends at a mailbox,
// one in 500 of those in the mailbox application without a PIN.
func city(b *testing.B, legs int) *store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), chtest.New(b), number.NewKey())
	if err != nil {
		b.Fatal(err)
	}
	cityDirectory(b, s)
	// A day at a time, as exports come.
	for day := range cityDays {
		if err := cityDay(b, s, day, legs/cityDays); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// cityDirectory imports a directory of all extensions.
func cityDirectory(b *testing.B, s *store.Store) {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "directory.csv"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	fmt.Fprintln(file, "extension,mailbox,name,unit,controller")
	for n := range cityExtensions {
		fmt.Fprintf(file, "%d,%d,Person %d,Enhet %d,N%d\n", 40000+n, 40000+n, n, n%400, n%14)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		b.Fatal(err)
	}
	if _, err := s.ImportDirectory(b.Context(), file, number.NewNormaliser(nil, s.Key), time.UTC); err != nil {
		b.Fatal(err)
	}
}

// cityDay generates the legs of one day.
func cityDay(b *testing.B, s *store.Store, day, legs int) error {
	return s.DB.Exec(b.Context(), `INSERT INTO records (system, call, id, format, kind, leg, start, answer, end, caller, caller_class, dialled, dialled_class, answered, app, action, mailbox, auth, grade)
		SELECT 'city', concat(toString(toUnixTimestamp(start)), '.', toString(n)) AS call, sipHash128(n), 'asterisk-cdr', 'leg', call,
			{begins:DateTime64(3, 'UTC')} + toIntervalDay({day:UInt32}) + toIntervalMillisecond(number * 86400000 / {per:UInt64}) AS start,
			start, start + toIntervalSecond(10 + n % 50),
			concat('t1-bench-', toString(cityHash64(n) % 1000000)), 'external', toString(40000 + sipHash64(n) % {extensions:UInt64}) AS ext, 'internal', true,
			if(n % 4 = 0, if(n % 2000 = 0, 'VoiceMailMain', 'VoiceMail'), 'Dial'),
			if(n % 4 = 0, if(n % 2000 = 0, 'retrieval', 'deposit'), ''), if(n % 4 = 0, ext, ''), if(n % 2000 = 0, 'skipped', ''), if(n % 4 = 0, 'B', '')
		FROM (SELECT number, number + {day:UInt64} * {per:UInt64} AS n FROM numbers({per:UInt64}))`,
		chgo.Named("begins", cityBegins.Format("2006-01-02 15:04:05.000")),
		chgo.Named("day", fmt.Sprint(day)), chgo.Named("per", fmt.Sprint(legs)), chgo.Named("extensions", fmt.Sprint(cityExtensions)))
}

// BenchmarkAudit asks the questions of a city with 1, 10 and, if VMAUDIT_BENCH_LEGS
// says so, more million legs: deriving all sessions once, judging five days of
// them, again when nothing has changed, and when one more day has come; all of
// them; then the list. Beside each it tells the longest statement: others who use
// the engine wait so long at most.
func BenchmarkAudit(b *testing.B) {
	sizes := []int{1_000_000, 10_000_000}
	if big := os.Getenv("VMAUDIT_BENCH_LEGS"); big != "" {
		legs, err := strconv.Atoi(big)
		if err != nil {
			b.Fatal(err)
		}
		sizes = []int{legs}
	}
	for _, legs := range sizes {
		b.Run(fmt.Sprintf("legs=%d", legs), func(b *testing.B) { benchmarkAudit(b, legs) })
	}
}

func benchmarkAudit(b *testing.B, legs int) {
	s := city(b, legs)
	var longest time.Duration
	var question string
	a := &analysis.Auditor{Store: s, Took: func(q string, took time.Duration) {
		if took > longest {
			longest, question = took, q
		}
	}}
	from := cityBegins.AddDate(0, 0, 18)
	week := store.Change{ID: "five days", From: from, To: from.AddDate(0, 0, 5), Basis: "stated"}
	all := store.Change{ID: "all days", From: cityBegins.AddDate(0, -1, 0), Basis: "stated"}
	once := func(name string, f func() error) {
		// Asked once: the second time is another question.
		longest = 0
		begin := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		took := time.Since(begin)
		b.Run(name, func(b *testing.B) {
			b.ReportMetric(took.Seconds(), "s")
			b.ReportMetric(longest.Seconds(), "longest-s")
			b.ReportMetric(0, "ns/op")
		})
		b.Logf("%s: longest %v: %.90q", name, longest, strings.TrimSpace(question))
	}
	var audit *analysis.Audit
	judge := func(c store.Change) func() error {
		return func() (err error) {
			audit, err = a.Audit(b.Context(), c)
			return err
		}
	}
	summarise := func() error {
		_, err := a.Summarise(b.Context(), audit)
		return err
	}
	affected := func() error {
		list, err := a.Affected(b.Context(), audit, analysis.Filter{})
		if err == nil && list.Exposed == 0 {
			b.Fatal("nobody is exposed")
		}
		return err
	}
	once("derive", func() error { return a.Derive(b.Context()) })
	once("audit of 5 days", judge(week))
	once("summary of 5 days", summarise)
	once("affected of 5 days", affected)
	once("audit of 5 days again", judge(week))
	once("audit of 30 days", judge(all))
	once("summary of 30 days", summarise)
	once("affected of 30 days", affected)
	if err := cityDay(b, s, cityDays, legs/cityDays); err != nil {
		b.Fatal(err)
	}
	once("audit of 30 days and a new one", judge(all))
	b.Logf("engine: %s", engineMemory(b, s))
}

// engineMemory is the engine's greatest resident memory so far.
func engineMemory(b *testing.B, s *store.Store) string {
	b.Helper()
	health, err := clickhouse.EngineHealth(b.Context(), s.DB.Dir())
	if err != nil {
		b.Fatal(err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", health.PID))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM") {
			return strings.TrimSpace(line)
		}
	}
	return "unknown"
}
