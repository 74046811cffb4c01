package clickhouse_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"
)

// oldServer answers like a server of 2018: it knows its version and does not
// know what the driver asks first.
func oldServer(t *testing.T, version string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("query") == "SELECT version()" {
			w.Write([]byte(version + "\n"))
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
		w.Write([]byte("Code: 46, e.displayText() = DB::Exception: Unknown function displayName, e.what() = DB::Exception\n"))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestTooOldServer(t *testing.T) {
	_, err := clickhouse.Open(t.Context(), oldServer(t, "18.16.1"), clickhouse.Options{})
	var old *clickhouse.TooOldError
	if !errors.As(err, &old) || old.Version != "18.16.1" || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

// A new server that answers with an error is not called old.
func TestServerThatRefuses(t *testing.T) {
	_, err := clickhouse.Open(t.Context(), oldServer(t, "25.8.1"), clickhouse.Options{})
	var old *clickhouse.TooOldError
	if err == nil || errors.As(err, &old) {
		t.Error(err)
	}
}

// TestRealOldServer runs on a real one when the variable gives its URL.
func TestRealOldServer(t *testing.T) {
	dsn := os.Getenv("VMAUDIT_TEST_OLD_SERVER")
	if dsn == "" {
		t.Skip("VMAUDIT_TEST_OLD_SERVER is not set")
	}
	_, err := clickhouse.Open(t.Context(), dsn, clickhouse.Options{})
	var old *clickhouse.TooOldError
	if !errors.As(err, &old) || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
	t.Log(err)
}

func TestNoServer(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close() // its port is free now
	for _, dsn := range []string{s.URL, strings.Replace(s.URL, "http://", "clickhouse://", 1)} {
		_, err := clickhouse.Open(t.Context(), dsn+"/?password=secret", clickhouse.Options{})
		if err == nil || !strings.Contains(err.Error(), "check that it runs") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

func TestUnknownScheme(t *testing.T) {
	_, err := clickhouse.Open(t.Context(), "postgres://example.org/db", clickhouse.Options{})
	if err == nil || !strings.Contains(err.Error(), `"postgres"`) {
		t.Error(err)
	}
}

// Every request over HTTP has a deadline, also when its caller gave none.
func TestServerThatDoesNotAnswer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		// Only after the body does the server look for the client's going.
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			<-r.Context().Done()
		}
	}))
	defer s.Close()
	_, err := clickhouse.Open(t.Context(), s.URL, clickhouse.Options{Timeout: 50 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
