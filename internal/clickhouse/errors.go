package clickhouse

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"syscall"
)

// ErrEngineLost says that the embedded engine ended, or was ended because it
// did not answer, in the middle of a request that could not be run again
// safely: it may or may not have run. The next request starts a new engine.
var ErrEngineLost = errors.New("the engine was lost in the middle of a request, which may or may not have run: check what is stored, then run it again")

// Again runs a step once more, up to twice, when the engine was lost in the middle
// of it. The step must bear that.
func Again(step func() error) (err error) {
	for range 3 {
		if err = step(); !errors.Is(err, ErrEngineLost) {
			break
		}
	}
	return err
}

// ErrNoEngine says that no engine runs for a directory.
var ErrNoEngine = errors.New("no engine runs")

// TooOldError says that a server is older than [MinVersion].
type TooOldError struct {
	Version string // of the server; empty when even that could not be asked
	Minimum string
}

func (e *TooOldError) Error() string {
	v := "is too old to say its version"
	if e.Version != "" {
		v = fmt.Sprintf("is version %s", e.Version)
	}
	return fmt.Sprintf("the ClickHouse server %s, at least %s is needed: upgrade it, or use a directory for the embedded engine", v, e.Minimum)
}

// LibraryNotFoundError says that no libchdb was found.
type LibraryNotFoundError struct {
	Tried []string // each place, with the reason why it did not serve
}

func (e *LibraryNotFoundError) Error() string {
	return "the embedded engine's library is not installed: run `npm ci` in the source folder, or name the file in " +
		LibraryVariable + "; tried " + strings.Join(e.Tried, ", ")
}

// DirectoryError says that a directory cannot hold an embedded database.
type DirectoryError struct {
	Dir    string
	Reason string
}

func (e *DirectoryError) Error() string {
	return fmt.Sprintf("cannot keep a database in %q: %s", e.Dir, e.Reason)
}

// DiskFullError says that the disk of an embedded database has no room left.
// What was stored stays; errors.Is finds [syscall.ENOSPC] in it.
type DiskFullError struct {
	Dir string
}

func (e *DiskFullError) Error() string {
	return fmt.Sprintf("the disk of the database in %q is full", e.Dir)
}

func (e *DiskFullError) Unwrap() error { return syscall.ENOSPC }

// EngineStartError says that the engine process ended before it could serve.
type EngineStartError struct {
	Dir    string
	Reason string // the last words of the engine's log, one line
}

func (e *EngineStartError) Error() string {
	return fmt.Sprintf("the engine of %q did not start: %s", e.Dir, e.Reason)
}

// NewerSchemaError says that a database has migrations that the program's
// files do not know: a newer program has been here.
type NewerSchemaError struct {
	Database int // newest version in the database
	Files    int // newest version in the files
}

func (e *NewerSchemaError) Error() string {
	return fmt.Sprintf("the database has schema version %d, this program knows up to %d: use a newer program", e.Database, e.Files)
}

// ChangedMigrationError says that a migration file is not what it was when it
// was applied.
type ChangedMigrationError struct {
	Name string
}

func (e *ChangedMigrationError) Error() string {
	return fmt.Sprintf("migration %q was changed after it was applied: restore the file and put the change into a new one", e.Name)
}

// clean takes the request's URL out of an error. The driver's errors carry it
// with the values of all parameters, which may be anybody's personal data.
func clean(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("clickhouse: %w", u.Err)
	}
	return err
}
