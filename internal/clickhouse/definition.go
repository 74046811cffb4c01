package clickhouse

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// libchdb does not notice when the definition of a table is cut off by a full disk:
// CREATE says that it went well, and no later engine opens the directory. So
// nothing is defined without room, what is defined is looked at, and what was cut
// off is removed before the next start: no row was ever in it.

// definitionRoom is what must be free: definitions have some kilobytes. It is what
// the engine itself wants for an insert.
const definitionRoom = 1 << 20

func defines(sql string) bool { return slices.Contains([]string{"CREATE", "ALTER"}, firstWord(sql)) }

// checkRoom returns a [DiskFullError] when the disk of dir has no room for a definition.
func checkRoom(dir string) error {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err == nil && uint64(disk.Bavail)*uint64(disk.Bsize) < definitionRoom {
		return &DiskFullError{Dir: dir}
	}
	return nil
}

// cutDefinitions returns the files below a data directory whose end is missing.
func cutDefinitions(dir string) (cut []string, err error) {
	all, err := filepath.Glob(filepath.Join(dir, dataName, "store", "*", "*", "*.sql"))
	for _, name := range all {
		text, readErr := os.ReadFile(name)
		if errors.Is(readErr, os.ErrNotExist) {
			continue // its table was dropped meanwhile
		}
		if err = errors.Join(err, readErr); !bytes.HasSuffix(text, []byte("\n")) {
			cut = append(cut, name)
		}
	}
	return cut, err
}

// checkDefinitions returns a [DiskFullError] when one was cut off.
func checkDefinitions(dir string) error {
	cut, err := cutDefinitions(dir)
	if err == nil && len(cut) > 0 {
		return &DiskFullError{Dir: dir}
	}
	return err
}

func removeCutDefinitions(dir string) error {
	cut, err := cutDefinitions(dir)
	for _, name := range cut {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
