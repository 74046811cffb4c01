package clickhouse

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// LibraryVariable names the environment variable that holds the path of
// libchdb, or of a directory with it.
const LibraryVariable = "VMAUDIT_LIBCHDB"

const libraryName = "libchdb.so" // on macOS too: the npm package names it so

// FindLibrary returns the path of libchdb: from the environment, beside the
// program, from node_modules of the working directory or of the program's, or
// of one of their parents, or in dir. The error is a *[LibraryNotFoundError].
func FindLibrary(dir string) (string, error) {
	if named := os.Getenv(LibraryVariable); named != "" {
		if path, why := library(named); why == "" {
			return path, nil
		} else {
			// A name that was given and does not serve must not silently
			// become another library.
			return "", &LibraryNotFoundError{Tried: []string{fmt.Sprintf("%s=%q (%s)", LibraryVariable, named, why)}}
		}
	}
	tried := []string{LibraryVariable + " (not set)"}
	for _, place := range libraryPlaces(dir) {
		path, why := library(place)
		if why == "" {
			return path, nil
		}
		tried = append(tried, fmt.Sprintf("%q (%s)", place, why))
	}
	return "", &LibraryNotFoundError{Tried: tried}
}

// library looks for the library at a place, which may be its directory.
func library(place string) (path, why string) {
	info, err := os.Stat(place)
	if err == nil && info.IsDir() {
		place = filepath.Join(place, libraryName)
		info, err = os.Stat(place)
	}
	switch {
	case os.IsNotExist(err):
		return "", "not there"
	case err != nil:
		return "", "not readable"
	case !info.Mode().IsRegular():
		return "", "not a file"
	}
	// The engine works in another directory than its starter.
	if place, err = filepath.Abs(place); err != nil {
		return "", "the working directory is gone"
	}
	return place, ""
}

func libraryPlaces(dir string) []string {
	var places []string
	program, err := os.Executable()
	if err == nil {
		places = append(places, filepath.Join(filepath.Dir(program), libraryName))
	}
	if work, err := os.Getwd(); err == nil {
		places = append(places, nodeModules(work)...)
	}
	if err == nil {
		places = append(places, nodeModules(filepath.Dir(program))...)
	}
	return append(slices.Compact(places), filepath.Join(dir, libraryName))
}

// nodeModules are the places of the npm package in a directory and its parents.
func nodeModules(dir string) (places []string) {
	for {
		places = append(places, filepath.Join(dir, "node_modules", "@chdb", npmPackage(), libraryName))
		parent := filepath.Dir(dir)
		if parent == dir {
			return places
		}
		dir = parent
	}
}

// npmPackage is the name of the package with the library for this platform.
func npmPackage() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	if runtime.GOOS == "linux" {
		return "lib-linux-" + arch + "-gnu"
	}
	return "lib-" + runtime.GOOS + "-" + arch
}
