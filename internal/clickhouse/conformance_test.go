package clickhouse_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/clickhouse/chtest"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
)

func TestMain(m *testing.M) { chtest.Main(m) }

// serverVariable names a server on which the suite runs too.
const serverVariable = "VMAUDIT_TEST_SERVER"

// doors are the ways to a database; every test of the suite goes through each.
var doors = map[string]func(t *testing.T) *clickhouse.DB{
	"embedded": func(t *testing.T) *clickhouse.DB { return chtest.New(t) },
	"http":     throughTCP,
	"server": func(t *testing.T) *clickhouse.DB {
		dsn := os.Getenv(serverVariable)
		if dsn == "" {
			t.Skipf("%s is not set", serverVariable)
		}
		return open(t, dsn, clickhouse.Options{})
	},
}

// throughTCP reaches the embedded engine as if it were a server.
func throughTCP(t *testing.T) *clickhouse.DB {
	db := chtest.New(t)
	var name string
	if err := db.QueryRow(t.Context(), "SELECT currentDatabase()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "engine"})
	proxy.FlushInterval = -1
	proxy.ErrorLog = log.New(io.Discard, "", 0) // it tells of every cancelled request
	proxy.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(db.Dir(), "engine.sock"))
	}}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return open(t, server.URL+"/"+name, clickhouse.Options{})
}

func open(t testing.TB, dsn string, o clickhouse.Options) *clickhouse.DB {
	t.Helper()
	db, err := clickhouse.Open(t.Context(), dsn, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t testing.TB, db *clickhouse.DB, sql string, args ...any) {
	t.Helper()
	if err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// one reads one value.
func one[T any](ctx context.Context, t testing.TB, db *clickhouse.DB, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := db.QueryRow(ctx, sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// table makes a table that is dropped after the test.
func table(t testing.TB, db *clickhouse.DB, columns string) string {
	t.Helper()
	name := "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	exec(t, db, "CREATE TABLE "+name+" ("+columns+") ENGINE = MergeTree ORDER BY tuple()")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := db.Exec(ctx, "DROP TABLE IF EXISTS "+name+" SYNC"); err != nil {
			t.Error(err)
		}
	})
	return name
}

func code(err error) int32 {
	var e *driver.Exception
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

var conformance = map[string]func(t *testing.T, db *clickhouse.DB){
	"types":           testTypes,
	"parameters":      testParameters,
	"settings":        testSettings,
	"batches":         testBatches,
	"insert format":   testInsertFormat,
	"streaming":       testStreaming,
	"nested":          testNested,
	"errors":          testErrors,
	"error in stream": testErrorInStream,
	"memory":          testMemory,
	"cancellation":    testCancellation,
	"deadline":        testDeadline,
	"statements":      testStatements,
}

func TestConformance(t *testing.T) {
	if len(conformance) < 10 || len(doors) < 3 {
		t.Fatalf("only %d tests for %d doors", len(conformance), len(doors))
	}
	for door, open := range doors {
		for name, test := range conformance {
			t.Run(door+"/"+name, func(t *testing.T) { test(t, open(t)) })
		}
	}
}
