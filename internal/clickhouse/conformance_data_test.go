package clickhouse_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func bigInt(s string) big.Int {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(s)
	}
	return *n
}

type record struct {
	Fixed    string            `ch:"fixed"`
	Milli    time.Time         `ch:"milli"`
	Zoned    time.Time         `ch:"zoned"`
	Day      time.Time         `ch:"day"`
	Texts    []string          `ch:"texts"`
	Low      string            `ch:"low"`
	Maybe    *uint32           `ch:"maybe"`
	LowMaybe *string           `ch:"low_maybe"`
	Kind     string            `ch:"kind"`
	U128     big.Int           `ch:"u128"`
	U256     big.Int           `ch:"u256"`
	I64      int64             `ch:"i64"`
	F64      float64           `ch:"f64"`
	ID       uuid.UUID         `ch:"id"`
	Map      map[string]uint64 `ch:"map"`
	Flag     bool              `ch:"flag"`
}

const recordColumns = `fixed FixedString(4), milli DateTime64(3, 'UTC'), zoned DateTime('Europe/Stockholm'), day Date32,
	texts Array(String), low LowCardinality(String), maybe Nullable(UInt32), low_maybe LowCardinality(Nullable(String)),
	kind Enum8('left' = 1, 'heard' = 2), u128 UInt128, u256 UInt256, i64 Int64, f64 Float64, id UUID,
	map Map(String, UInt64), flag Bool`

func testTypes(t *testing.T, db *clickhouse.DB) {
	name := table(t, db, recordColumns)
	stockholm, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	number, word := uint32(7), "ja"
	want := []record{{
		Fixed: "abcd", Milli: time.Date(2019, 2, 18, 12, 0, 0, 123e6, time.UTC), Zoned: time.Date(2019, 7, 1, 8, 30, 0, 0, stockholm),
		Day: time.Date(1950, 1, 2, 0, 0, 0, 0, time.UTC), Texts: []string{"", "å\x00\n", `\`}, Low: "ett", Maybe: &number, LowMaybe: &word,
		Kind: "heard", U128: bigInt("340282366920938463463374607431768211455"),
		U256: bigInt("115792089237316195423570985008687907853269984665640564039457584007913129639935"),
		I64:  -9223372036854775808, F64: 0.1, ID: uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
		Map: map[string]uint64{"a": 1}, Flag: true,
	}, {
		Fixed: "\x00\x01\x02\x03", Milli: time.Unix(0, 0).UTC(), Zoned: time.Unix(0, 0).In(stockholm), Day: time.Unix(0, 0).UTC(),
		Texts: []string{}, Kind: "left", U128: bigInt("0"), U256: bigInt("1"), Map: map[string]uint64{},
	}}
	batch, err := db.PrepareBatch(t.Context(), "INSERT INTO "+name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if err := batch.AppendStruct(&want[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var got []record
	if err := db.Select(t.Context(), &got, "SELECT * FROM "+name+" ORDER BY i64"); err != nil {
		t.Fatal(err)
	}
	equal := cmp.Comparer(func(a, b big.Int) bool { return a.Cmp(&b) == 0 })
	if diff := cmp.Diff(want, got, equal); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func testParameters(t *testing.T, db *clickhouse.DB) {
	texts := []string{"", "plain", `o'clock`, `back\slash`, `\n`, "tab\tnew\nline\r", "å 日本 😀", "{x:String}", "$1 ?", "';--", `\N`, "a\x01b", `"quoted"`, "`tick`"}
	for _, want := range texts {
		got := one[string](t.Context(), t, db, "SELECT {s:String}", driver.Named("s", want))
		if got != want {
			t.Errorf("parameter %q came back as %q", want, got)
		}
	}
	if got := one[[]string](t.Context(), t, db, "SELECT {a:Array(String)}", driver.Named("a", texts)); !cmp.Equal(texts, got) {
		t.Error(cmp.Diff(texts, got))
	}
	if got := one[uint64](t.Context(), t, db, "SELECT {n:UInt64} + 1", driver.Named("n", uint64(41))); got != 42 {
		t.Error(got)
	}
	at := time.Date(2019, 2, 18, 12, 0, 0, 5e6, time.UTC)
	got := one[time.Time](t.Context(), t, db, "SELECT {t:DateTime64(3, 'UTC')}", driver.DateNamed("t", at, driver.MilliSeconds))
	if !got.Equal(at) {
		t.Errorf("%v came back as %v", at, got)
	}
	name := table(t, db, "a UInt8")
	if got := one[uint64](t.Context(), t, db, "SELECT count() FROM {t:Identifier}", driver.Named("t", name)); got != 0 {
		t.Error(got)
	}
	err := db.Exec(t.Context(), "SELECT {n:UInt64}", driver.Named("n", "1 OR 1"))
	if code(err) == 0 {
		t.Errorf("a text was taken for a number: %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "param_") {
		t.Errorf("the error carries the request: %v", err)
	}
}

func testSettings(t *testing.T, db *clickhouse.DB) {
	const ask = "SELECT toUInt64(getSetting('max_block_size'))"
	before := one[uint64](t.Context(), t, db, ask)
	set := driver.Context(t.Context(), driver.WithSettings(driver.Settings{"max_block_size": 1234, "log_comment": `it's \ mine`}))
	if got := one[uint64](set, t, db, ask); got != 1234 {
		t.Errorf("setting is %d", got)
	}
	if got := one[uint64](t.Context(), t, db, ask+" SETTINGS max_block_size = 77"); got != 77 {
		t.Errorf("setting of the statement is %d", got)
	}
	exec(t, db, "SET max_block_size = 55")
	// On a server the driver's connections are sessions of their own; here
	// each request is one. No setting may be seen by the next.
	if db.Dir() != "" {
		if got := one[uint64](t.Context(), t, db, ask); got != before {
			t.Errorf("setting leaked: %d, want %d", got, before)
		}
	}
	wrong := driver.Context(t.Context(), driver.WithSettings(driver.Settings{"no_such_setting": 1}))
	if err := db.Exec(wrong, "SELECT 1"); code(err) != 115 {
		t.Errorf("unknown setting: %v", err)
	}
	name := table(t, db, "a UInt64")
	exec(t, db, "INSERT INTO "+name+" SETTINGS max_insert_threads = 1 SELECT number FROM numbers(3)")
	if got := one[uint64](t.Context(), t, db, "SELECT count() FROM "+name); got != 3 {
		t.Error(got)
	}
}

func testBatches(t *testing.T, db *clickhouse.DB) {
	name := table(t, db, "n UInt64, s String, d DateTime64(3, 'UTC')")
	const rows = 100_000
	numbers, texts, times := make([]uint64, rows), make([]string, rows), make([]time.Time, rows)
	for i := range numbers {
		// Two line ends in a row end the data of an INSERT in some parsers.
		numbers[i], texts[i], times[i] = uint64(i), fmt.Sprintf("row %d\n\n;", i), time.UnixMilli(int64(i)).UTC()
	}
	for range 2 {
		batch, err := db.PrepareBatch(t.Context(), "INSERT INTO "+name+" (s, n, d)")
		if err != nil {
			t.Fatal(err)
		}
		for i, column := range []any{texts, numbers, times} {
			if err := batch.Column(i).Append(column); err != nil {
				t.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			t.Fatal(err)
		}
	}
	got := one[uint64](t.Context(), t, db, "SELECT sum(n) + countIf(s = 'row ' || toString(n) || '\\n\\n;' AND toUnixTimestamp64Milli(d) = n) FROM "+name)
	if want := uint64(rows*(rows-1) + 2*rows); got != want {
		t.Errorf("sum is %d, want %d", got, want)
	}
	empty, err := db.PrepareBatch(t.Context(), "INSERT INTO "+name)
	if err != nil {
		t.Fatal(err)
	}
	if err := empty.Send(); err != nil {
		t.Errorf("empty batch: %v", err)
	}
	if _, err := db.PrepareBatch(t.Context(), "INSERT INTO no_such_table"); code(err) != 60 {
		t.Errorf("batch for no table: %v", err)
	}
}

func testInsertFormat(t *testing.T, db *clickhouse.DB) {
	name := table(t, db, "n UInt64, s String")
	err := db.InsertFormat(t.Context(), "CSV", "INSERT INTO "+name, strings.NewReader("1,\"a\n\nb\"\n2,c\n"))
	if errors.Is(err, driver.ErrFormatNativeUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := one[string](t.Context(), t, db, "SELECT arrayStringConcat(groupArray(s), '|') FROM (SELECT s FROM "+name+" ORDER BY n)"); got != "a\n\nb|c" {
		t.Errorf("%q", got)
	}
	if err := db.InsertFormat(t.Context(), "CSV", "INSERT INTO "+name, strings.NewReader("")); err != nil {
		t.Errorf("no data: %v", err)
	}
	if err := db.InsertFormat(t.Context(), "CSV", "INSERT INTO "+name, strings.NewReader("x,y\n")); code(err) == 0 {
		t.Errorf("a text was taken for a number: %v", err)
	}
}
