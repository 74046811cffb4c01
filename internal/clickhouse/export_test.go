package clickhouse

import "time"

// SetWatchInterval makes hung engines be noticed sooner.
func SetWatchInterval(d time.Duration) { testOnlyWatchInterval = d }
