package cdr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
)

// yamlPosition returns the line that a decoding error points at, 0 if none, and
// its message without the source excerpt that the library appends.
func yamlPosition(err error) (int, string) {
	var e yaml.Error
	if !errors.As(err, &e) {
		return 0, err.Error()
	}
	if t := e.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line, e.GetMessage()
	}
	return 0, e.GetMessage()
}

// pathError is a fault in a profile that is valid YAML, with the path to it.
type pathError struct {
	path string // such as "$.rules[3].when"
	err  error
}

func (e *pathError) Error() string {
	return strings.TrimPrefix(e.path, "$.") + ": " + e.err.Error()
}

func at(path string, format string, args ...any) error {
	return &pathError{path, fmt.Errorf(format, args...)}
}

// locate adds file and line to a fault.
func locate(file string, text []byte, err error) error {
	var e *pathError
	if errors.As(err, &e) {
		if line := yamlLine(text, e.path); line > 0 {
			return fmt.Errorf("%s:%d: %w", file, line, err)
		}
	}
	return fmt.Errorf("%s: %w", file, err)
}

func yamlLine(text []byte, path string) int {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return 0
	}
	p, err := yaml.PathString(path)
	if err != nil {
		return 0
	}
	node, err := p.FilterFile(file)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}
