package clickhouse

import (
	"context"
	"fmt"
	"regexp"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// distributedOver finds cluster and local table in a Distributed table's engine.
var distributedOver = regexp.MustCompile(`^Distributed\('?([^',]+)'?, *'?[^',]+'?, *'?([^',]+)'?[,)]`)

// Local returns the table, and the ON CLUSTER clause, by which a statement that
// changes stored data (DELETE, ALTER ... DROP PARTITION) reaches every shard of
// a table: a Distributed table takes none. For other tables these are the table
// itself and "".
func (db *DB) Local(ctx context.Context, table string) (local, onCluster string, err error) {
	var engine string
	err = db.QueryRow(ctx, `SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {name:String}`,
		driver.Named("name", table)).Scan(&engine)
	if err != nil {
		return "", "", fmt.Errorf("ask for the engine of table %q: %w", table, err)
	}
	if over := distributedOver.FindStringSubmatch(engine); over != nil {
		return quoteName(over[2]), " ON CLUSTER " + quoteName(over[1]), nil
	}
	return quoteName(table), "", nil
}
