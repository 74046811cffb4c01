package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"vmaudit/cdr"
)

// headSize is how much of a file --format auto looks at.
const headSize = 64 << 10

// unknownFormatError says that a file fits no format, or more than one.
type unknownFormatError struct {
	name    string
	looks   string // like something else
	matches []cdr.Match
}

// looksLike names what is commonly mistaken for an export.
func looksLike(head []byte) string {
	for _, kind := range []struct{ magic, name string }{
		{"\x1f\x8b", "is compressed (gzip): unpack it"},
		{"\x28\xb5\x2f\xfd", "is compressed (zstd): unpack it"},
		{"PK\x03\x04", "is a ZIP archive or a workbook: export it as CSV"},
		{"\xff\xfe", "is UTF-16: export it as UTF-8"},
		{"\xfe\xff", "is UTF-16: export it as UTF-8"},
	} {
		if strings.HasPrefix(string(head), kind.magic) {
			return kind.name
		}
	}
	if len(strings.TrimSpace(string(head))) == 0 {
		return "is empty"
	}
	return ""
}

func (e *unknownFormatError) Error() string {
	if e.looks != "" {
		return fmt.Sprintf("%q %s", e.name, e.looks)
	}
	if len(e.matches) == 0 {
		return fmt.Sprintf("%q is in no known format: name one with --format (vmaudit formats lists them)", e.name)
	}
	var names []string
	for _, m := range e.matches {
		names = append(names, fmt.Sprintf("%s (%s)", m.Format.Name, strings.Join(m.Reasons, ", ")))
	}
	return fmt.Sprintf("%q fits more than one format: name one with --format: %s", e.name, strings.Join(names, "; "))
}

// formatOf returns the format that --format names, or the one that the file's
// beginning fits.
func (i *importer) formatOf(name string, f *os.File) (*cdr.Format, error) {
	if i.format != "auto" {
		format, err := i.registry.Lookup(i.format)
		if err != nil {
			return nil, usagef("vmaudit formats lists them", "%v", err)
		}
		return format, nil
	}
	head, err := io.ReadAll(io.LimitReader(f, headSize))
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	matches := i.registry.Detect(head)
	if len(matches) != 1 {
		return nil, &unknownFormatError{name, looksLike(head), matches}
	}
	i.sayf("%s is %s: %s", name, matches[0].Format.Name, strings.Join(matches[0].Reasons, ", "))
	return matches[0].Format, nil
}
