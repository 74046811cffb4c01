package clickhouse_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/clickhouse/chtest"
)

func files(contents ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i, c := range contents {
		m[fmt.Sprintf("%04d_step.sql", i+1)] = &fstest.MapFile{Data: []byte(c)}
	}
	return m
}

const (
	first  = "-- first\nCREATE TABLE IF NOT EXISTS a (n UInt64, s String DEFAULT ';')\nENGINE = MergeTree ORDER BY n;\n\nCREATE VIEW IF NOT EXISTS v AS\nSELECT n FROM a;\n"
	second = "ALTER TABLE a ADD COLUMN IF NOT EXISTS t String;\n"
	third  = "CREATE TABLE IF NOT EXISTS b (n UInt64) ENGINE = ReplacingMergeTree ORDER BY n;\n"
)

func migrate(t *testing.T, db *clickhouse.DB, f fs.FS) []clickhouse.Migration {
	t.Helper()
	applied, err := clickhouse.Migrate(t.Context(), db, f, "")
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

func TestMigrate(t *testing.T) {
	db := chtest.New(t)
	if n := len(migrate(t, db, files(first, second))); n != 2 {
		t.Errorf("%d applied", n)
	}
	exec(t, db, "INSERT INTO a (n, t) VALUES (1, 'x')")
	if n := len(migrate(t, db, files(first, second))); n != 0 {
		t.Errorf("%d applied again", n)
	}
	all, err := clickhouse.Status(t.Context(), db, files(first, second, third), "")
	if err != nil || len(all) != 3 || all[1].Applied.IsZero() || !all[2].Applied.IsZero() {
		t.Errorf("status %+v, %v", all, err)
	}
	if n := len(migrate(t, db, files(first, second, third))); n != 1 {
		t.Errorf("%d applied of the new one", n)
	}
	if n := one[uint64](t.Context(), t, db, "SELECT n FROM v"); n != 1 {
		t.Error(n)
	}
}

func TestNewerSchema(t *testing.T) {
	db := chtest.New(t)
	migrate(t, db, files(first, second))
	_, err := clickhouse.Migrate(t.Context(), db, files(first), "")
	var newer *clickhouse.NewerSchemaError
	if !errors.As(err, &newer) || newer.Database != 2 || newer.Files != 1 {
		t.Error(err)
	}
}

func TestChangedMigration(t *testing.T) {
	db := chtest.New(t)
	migrate(t, db, files(first))
	_, err := clickhouse.Migrate(t.Context(), db, files(first+"-- and a remark\n"), "")
	var changed *clickhouse.ChangedMigrationError
	if !errors.As(err, &changed) {
		t.Error(err)
	}
}

// A migration that was cut off after any of its statements ends the same when
// it is run again.
func TestMigrateAgainAfterEveryStatement(t *testing.T) {
	all := files(first, second, third)
	statements := []string{"CREATE TABLE IF NOT EXISTS a (n UInt64, s String DEFAULT ';') ENGINE = MergeTree ORDER BY n",
		"CREATE VIEW IF NOT EXISTS v AS SELECT n FROM a", "ALTER TABLE a ADD COLUMN IF NOT EXISTS t String",
		"CREATE TABLE IF NOT EXISTS b (n UInt64) ENGINE = ReplacingMergeTree ORDER BY n"}
	for done := range len(statements) + 1 {
		db := chtest.New(t)
		for _, sql := range statements[:done] {
			exec(t, db, sql)
		}
		if n := len(migrate(t, db, all)); n != 3 {
			t.Errorf("after %d statements: %d applied", done, n)
		}
		if n := one[uint64](t.Context(), t, db, "SELECT count() FROM system.columns WHERE database = currentDatabase() AND table IN ('a', 'b', 'v')"); n != 5 {
			t.Errorf("after %d statements: %d columns", done, n)
		}
	}
}

func TestBadMigrations(t *testing.T) {
	db := chtest.New(t)
	for want, f := range map[string]fstest.MapFS{
		"no .sql file":                {},
		"IF EXISTS or IF NOT EXISTS":  files("CREATE TABLE a (n UInt8) ENGINE = Null;\n"),
		"ALTER with ADD":              files("ALTER TABLE a ADD COLUMN b UInt8;\n"),
		"not allowed":                 files("INSERT INTO a VALUES (1);\n"),
		"does not end in a semicolon": files("DROP TABLE IF EXISTS a"),
		"no statement":                files("-- nothing;\n"),
		"not named like":              {"1_a.sql": {Data: []byte(first)}},
		"should have number 0001":     {"0002_a.sql": {Data: []byte(first)}},
	} {
		_, err := clickhouse.Migrate(t.Context(), db, f, "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if n := one[uint64](t.Context(), t, db, "SELECT count() FROM system.tables WHERE database = currentDatabase()"); n != 0 {
		t.Errorf("bad migrations made %d tables", n)
	}
}
