package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms is which room may import which of ours: a statement of policy. Do not
// change it to make a build pass; see the README's "Rooms".
var rooms = map[string][]string{
	"cmd/vmaudit":                       {"*"},
	"cdr":                               {"internal/number"},
	"internal/number":                   {},
	"internal/clickhouse":               {"internal/clickhouse/internal/chdb"},
	"internal/clickhouse/internal/chdb": {},
	"internal/clickhouse/chtest":        {"internal/clickhouse"},
	"internal/access":                   {"internal/clickhouse"},
	"internal/replay2019":               {},
	"internal/store":                    {"cdr", "internal/number", "internal/clickhouse", "internal/access"},
	"internal/asterisktest":             {},
	"sipprobe/spectrum":                 {},
	"sipprobe/sound":                    {},
	"sipprobe/canary":                   {"sipprobe/spectrum"},
	"sipprobe/soundtest":                {"sipprobe/sound"},
	"sipprobe/hear":                     {"sipprobe/spectrum", "sipprobe/canary"},
	"analysis":                          {"internal/number", "internal/clickhouse", "internal/access", "internal/store"},
}

// forTests are rooms that test files may import besides.
var forTests = []string{"sipprobe/soundtest", "sipprobe/sound", "internal/asterisktest", "internal/clickhouse/chtest", "internal/number", "cdr", "internal/store"}

// TestRooms reads the imports from the files, not from the go command: the test
// cache sees what a test reads.
func TestRooms(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || len(d.Name()) > 2 && d.Name()[0] == '.') {
			return fs.SkipDir
		}
		if strings.HasSuffix(name, ".go") {
			files++
			checkImports(t, root, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Fatalf("only %d Go files were looked at", files)
	}
}

func checkImports(t *testing.T, root, name string) {
	rel, err := filepath.Rel(root, name)
	if err != nil {
		t.Fatal(err)
	}
	room := path.Dir(filepath.ToSlash(rel))
	allowed, known := rooms[room]
	if !known {
		t.Errorf("%s: room %q is not in the table: say what it may import", rel, room)
		return
	}
	if strings.HasSuffix(name, "_test.go") {
		allowed = append(slices.Clone(allowed), forTests...)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		ours, ok := strings.CutPrefix(imported, "vmaudit/")
		if ok && ours != room && !slices.Contains(allowed, "*") && !slices.Contains(allowed, ours) {
			t.Errorf("%s imports %s, which %s may not", rel, imported, room)
		}
	}
}
