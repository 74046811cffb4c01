package store_test

import (
	"testing"

	"vmaudit/internal/clickhouse/chtest"
)

func TestMain(m *testing.M) { chtest.Main(m) }
