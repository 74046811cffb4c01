package clickhouse_test

import (
	"testing"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/clickhouse/chtest"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// What is written for a cluster must at least be SQL.
func TestClusterSchemaParses(t *testing.T) {
	db := chtest.New(t)
	all := clickhouse.RenderedForTest(t)
	if len(all) < 10 {
		t.Fatalf("only %d statements", len(all))
	}
	for _, sql := range all {
		if got := one[string](t.Context(), t, db, "SELECT formatQuery({sql:String})", driver.Named("sql", sql)); got == "" {
			t.Errorf("%s became nothing", sql)
		}
	}
}
