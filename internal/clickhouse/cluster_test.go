package clickhouse

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// rendered is the schema of testdata/cluster for a cluster.
func rendered(t *testing.T) []string {
	t.Helper()
	all, err := readMigrations(os.DirFS("testdata/cluster"))
	if err != nil {
		t.Fatal(err)
	}
	r := &renderer{cluster: "town", database: "audit"}
	var out []string
	for _, m := range all {
		for _, sql := range m.statements {
			s, err := r.render(sql)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, s...)
		}
	}
	return out
}

func TestRenderForCluster(t *testing.T) {
	const golden = "testdata/cluster/cluster.golden"
	got := strings.Join(rendered(t), ";\n\n") + ";\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// RenderedForTest gives the external tests, which have an engine, the
// statements to parse.
var RenderedForTest = rendered

func TestRenderForOneNode(t *testing.T) {
	const sql = "-- distributed by x\nCREATE TABLE IF NOT EXISTS t (x UInt8) ENGINE = MergeTree ORDER BY x"
	got, err := (&renderer{}).render(sql)
	if err != nil || len(got) != 1 || got[0] != sql {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRenderRefuses(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE MATERIALIZED VIEW IF NOT EXISTS m TO t AS SELECT 1": "materialized view",
		"CREATE TABLE IF NOT EXISTS d.t (x UInt8) ENGINE = Null":    "names a database",
		"CREATE TABLE IF NOT EXISTS t AS other":                     "has no ENGINE",
		"CREATE TABLE IF NOT EXISTS":                                "has no name",
	} {
		_, err := (&renderer{cluster: "c", database: "d"}).render(sql)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", sql, err, want)
		}
	}
}
