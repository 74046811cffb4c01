package clickhouse_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vmaudit/internal/clickhouse"
)

func TestLibraryNotFound(t *testing.T) {
	t.Setenv(clickhouse.LibraryVariable, "")
	t.Chdir(t.TempDir())
	dir := t.TempDir()
	_, err := clickhouse.Open(t.Context(), dir, clickhouse.Options{})
	var missing *clickhouse.LibraryNotFoundError
	if !errors.As(err, &missing) {
		t.Fatal(err)
	}
	for _, want := range []string{clickhouse.LibraryVariable, "npm ci", "node_modules", dir} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
}

// A library that is named and not there must not become another one.
func TestNamedLibraryNotFound(t *testing.T) {
	t.Setenv(clickhouse.LibraryVariable, filepath.Join(t.TempDir(), "none.so"))
	_, err := clickhouse.FindLibrary(t.TempDir())
	var missing *clickhouse.LibraryNotFoundError
	if !errors.As(err, &missing) || len(missing.Tried) != 1 {
		t.Error(err)
	}
}

func TestLibraryIsFound(t *testing.T) {
	t.Setenv(clickhouse.LibraryVariable, "")
	root := t.TempDir()
	t.Chdir(t.TempDir())
	want := filepath.Join(root, "libchdb.so")
	if err := os.WriteFile(want, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := clickhouse.FindLibrary(root); err != nil || got != want {
		t.Errorf("in the data directory: %q, %v", got, err)
	}
	t.Setenv(clickhouse.LibraryVariable, root)
	if got, err := clickhouse.FindLibrary(t.TempDir()); err != nil || got != want {
		t.Errorf("in a directory of the environment: %q, %v", got, err)
	}
}
