package clickhouse

import (
	"strings"
	"testing"
)

func TestReads(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT 1":                               true,
		"  -- INSERT INTO\n select 1":            true,
		"(SELECT 1) UNION ALL (SELECT 2)":        true,
		"WITH 1 AS x SELECT x":                   true,
		"SELECT 'INTO' AS `INTO`":                true,
		"SELECT 1;":                              true,
		"SHOW TABLES":                            true,
		"EXPLAIN SELECT 1":                       true,
		"SELECT $x$ INTO ; $x$":                  true,
		"SELECT 1 /* ; INSERT INTO t */":         true,
		"SELECT 1 INTO OUTFILE 'x'":              false,
		"WITH 1 AS x INSERT INTO t SELECT x":     false,
		"SELECT 1; DROP TABLE t":                 false,
		"SELECT 'it''s \\' ; ' ; DROP TABLE t":   false,
		"INSERT INTO t SELECT 1":                 false,
		"CREATE TABLE t (a UInt8) ENGINE = Null": false,
		"":                                       false,
	} {
		if got := reads(sql); got != want {
			t.Errorf("reads(%q) = %v", sql, got)
		}
	}
}

func TestInsertPlace(t *testing.T) {
	for sql, want := range map[string]string{
		"INSERT INTO t FORMAT Native":                               "INSERT INTO t |FORMAT Native",
		"insert into `a b` (`format`, x) format Native":             "insert into `a b` (`format`, x) |format Native",
		"INSERT INTO format FORMAT CSV;":                            "INSERT INTO format |FORMAT CSV;",
		"INSERT INTO db.t (a) SETTINGS async_insert = 1 FORMAT CSV": "INSERT INTO db.t (a) |SETTINGS async_insert = 1 FORMAT CSV",
		"INSERT INTO t SELECT 1 FORMAT CSV":                         "",
		"INSERT INTO t VALUES (1)":                                  "",
		"SELECT 1 FORMAT CSV":                                       "",
		"":                                                          "",
	} {
		got := ""
		if place, ok := insertPlace(sql); ok {
			got = sql[:place] + "|" + sql[place:]
		}
		if got != want {
			t.Errorf("insertPlace(%q) = %q, want %q", sql, got, want)
		}
	}
}

// FuzzTokens holds the splitter to what its users rely on: tokens come in
// order, inside the text, and it never gives up before the end.
func FuzzTokens(f *testing.F) {
	for _, sql := range []string{"SELECT 'a\\'b' FROM `t` -- x", "/* open", "'open", "$tag$ ; $tag$", "$1 ;;", "((]", "INSERT INTO t (a) FORMAT CSV", "\xff\xfe #! x\n1"} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		end := 0
		for token := range tokens(sql) {
			if token.start < end || token.end <= token.start || token.end > len(sql) {
				t.Fatalf("token %+v after %d in %q", token, end, sql)
			}
			end = token.end
		}
		if place, ok := insertPlace(sql); ok && (place <= 0 || place >= len(sql)) {
			t.Fatalf("place %d in %q", place, sql)
		}
		if severalStatements(sql) && !strings.Contains(sql, ";") {
			t.Fatalf("several statements in %q", sql)
		}
	})
}
