package clickhouse

import "testing"

func TestDistributedOver(t *testing.T) {
	for engine, want := range map[string][2]string{
		"Distributed('town', 'audit', 'sessions_local', cityHash64(system, call))":         {"town", "sessions_local"},
		"Distributed('town', 'audit', 'sessions_local')":                                   {"town", "sessions_local"},
		"Distributed(town, audit, sessions_local, rand()) SETTINGS fsync_after_insert = 1": {"town", "sessions_local"},
		"MergeTree ORDER BY x": {},
		"ReplacingMergeTree(made) ORDER BY x SETTINGS comment = 'Distributed(a, b, c)'": {},
	} {
		got := distributedOver.FindStringSubmatch(engine)
		if want == [2]string{} {
			if got != nil {
				t.Errorf("%s: taken for distributed over %q", engine, got[2])
			}
		} else if got == nil || got[1] != want[0] || got[2] != want[1] {
			t.Errorf("%s: got %q, want %q", engine, got, want)
		}
	}
}
