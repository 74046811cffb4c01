package store_test

import (
	"strings"
	"testing"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/clickhouse/chtest"
	"vmaudit/internal/store"
)

// TestClusterSchema: the same files for a cluster are SQL; the tables that grow
// with the calls are distributed by call, the others are whole on every node.
func TestClusterSchema(t *testing.T) {
	statements, err := clickhouse.Render(store.Migrations(), "audit", "town")
	if err != nil {
		t.Fatal(err)
	}
	db := chtest.New(t)
	distributed := 0
	for _, s := range statements {
		var formatted string
		if err := db.QueryRow(t.Context(), `SELECT formatQuery({sql:String})`, chgo.Named("sql", s)).Scan(&formatted); err != nil {
			t.Errorf("%v\nin %s", err, s)
		}
		if !strings.Contains(formatted, "ON CLUSTER town") {
			t.Errorf("not on the cluster: %s", formatted)
		}
		if strings.Contains(formatted, "ENGINE = Distributed") {
			distributed++
			if !strings.Contains(formatted, "cityHash64(system, call)") {
				t.Errorf("not distributed by call: %s", formatted)
			}
		} else if !strings.Contains(formatted, "ENGINE = Replicated") {
			t.Errorf("not replicated: %s", formatted)
		}
	}
	if distributed != 7 || len(statements) < 12 {
		t.Errorf("%d statements, %d distributed tables, want records, call_rows, hit_rows, sessions, reached_rows, situation_rows, verdicts", len(statements), distributed)
	}
}
