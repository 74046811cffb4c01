package cdr

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed formats/*.yaml
var builtin embed.FS

// ErrUnknownFormat means that no profile has the name asked for.
var ErrUnknownFormat = errors.New("unknown format")

// Registry holds the formats that a deployment can read.
type Registry struct{ byName map[string]*Format }

// Formats compiles the profiles that come with the program and those in dirs
// (*.yaml at the top of each). A profile in a later folder replaces one of the
// same name, so that a deployment can correct a format without waiting for a
// release. Faults of all profiles are reported together.
func Formats(dirs ...fs.FS) (*Registry, error) {
	own, err := fs.Sub(builtin, "formats")
	if err != nil {
		return nil, err
	}
	reg := &Registry{byName: map[string]*Format{}}
	var faults []error
	for _, dir := range slices.Insert(slices.Clone(dirs), 0, own) {
		faults = append(faults, reg.load(dir))
	}
	return reg, errors.Join(faults...)
}

func (reg *Registry) load(dir fs.FS) error {
	files, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return err
	}
	var faults []error
	for _, file := range files {
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			faults = append(faults, fmt.Errorf("format profile: %w", err))
			continue
		}
		f, err := Compile(strings.TrimSuffix(path.Base(file), ".yaml"), file, text)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		reg.byName[f.Name] = f
	}
	return errors.Join(faults...)
}

// Lookup returns the format with the name. Its error wraps [ErrUnknownFormat]
// and lists the names there are.
func (reg *Registry) Lookup(name string) (*Format, error) {
	if f, ok := reg.byName[name]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("%w %q: there are %s", ErrUnknownFormat, name,
		strings.Join(slices.Sorted(maps.Keys(reg.byName)), ", "))
}

// All returns the formats in order of their names.
func (reg *Registry) All() []*Format {
	var all []*Format
	for _, name := range slices.Sorted(maps.Keys(reg.byName)) {
		all = append(all, reg.byName[name])
	}
	return all
}

// columnCounts says which numbers of columns the format's rows have.
func (f *Format) columnCounts() string {
	var counts []string
	for _, n := range slices.Sorted(maps.Keys(f.layouts)) {
		counts = append(counts, strconv.Itoa(n))
	}
	return strings.Join(counts, ", ")
}
