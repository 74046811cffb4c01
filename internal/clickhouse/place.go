package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// Names in a data directory.
const (
	dataName   = "data"        // what the engine itself stores
	socketName = "engine.sock" // where it listens
	lockName   = "engine.lock" // held by the engine as long as it lives; holds its process id
	startName  = "start.lock"  // held by whoever is starting an engine
	logName    = "engine.log"  // what the engine printed since its start
)

// place is a data directory.
type place struct {
	dir    string   // absolute
	handle *os.File // open directory, when the path is too long for a socket
}

// newPlace makes the directory and finds out whether it can be used.
func newPlace(dir string) (*place, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, &DirectoryError{Dir: dir, Reason: "the working directory is gone, give a full path"}
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, directoryError(abs, err)
	}
	if info, err := os.Stat(abs); err == nil && info.Mode().Perm()&0o022 != 0 {
		// Who may rename the socket may answer in its place.
		return nil, &DirectoryError{Dir: abs, Reason: "others may write to it: take that away with chmod go-w"}
	}
	p := &place{dir: abs}
	probe, err := os.OpenFile(p.path(startName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, directoryError(abs, err)
	}
	probe.Close()
	return p, p.shorten()
}

func directoryError(dir string, err error) error {
	reason := err.Error()
	var path *os.PathError
	if errors.As(err, &path) {
		reason = path.Err.Error()
	}
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		reason = "it is a file, or below one: name a directory"
	case errors.Is(err, os.ErrPermission):
		reason = "it is not writable for this user"
	case errors.Is(err, syscall.ENOSPC):
		return &DiskFullError{Dir: dir}
	case errors.Is(err, syscall.EROFS):
		reason = "it is on a read-only file system"
	}
	return &DirectoryError{Dir: dir, Reason: reason}
}

func (p *place) path(name string) string { return filepath.Join(p.dir, name) }

// maxSocketPath is the longest path the kernel takes for a unix socket.
const maxSocketPath = 103

// shorten lets a socket live in a directory whose path is too long for one:
// Linux reaches the same directory through an open handle.
func (p *place) shorten() error {
	if len(p.path(socketName)) <= maxSocketPath {
		return nil
	}
	if runtime.GOOS != "linux" {
		return &DirectoryError{Dir: p.dir, Reason: fmt.Sprintf("its path is longer than the %d characters a unix socket may have: use a shorter one",
			maxSocketPath-len(socketName)-1)}
	}
	handle, err := os.Open(p.dir)
	if err != nil {
		return directoryError(p.dir, err)
	}
	p.handle = handle
	return nil
}

func (p *place) close() {
	if p.handle != nil {
		p.handle.Close()
	}
}

func (p *place) socket() string {
	if p.handle != nil {
		return fmt.Sprintf("/proc/self/fd/%d/%s", p.handle.Fd(), socketName)
	}
	return p.path(socketName)
}

func (p *place) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", p.socket())
}

// lock takes one of the directory's locks, waiting until ctx ends.
func (p *place) lock(ctx context.Context, name string) (*flock.Flock, error) {
	// The directory may have been removed since it was opened.
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, directoryError(p.dir, err)
	}
	l := flock.New(p.path(name), flock.SetFlag(os.O_RDWR|os.O_CREATE), flock.SetPermissions(0o600))
	locked, err := l.TryLockContext(ctx, 10*time.Millisecond)
	if err != nil && ctx.Err() == nil {
		return nil, directoryError(p.dir, err)
	}
	if !locked {
		return nil, ctx.Err()
	}
	return l, nil
}

// refused reports whether nobody listens, so that surely nothing was sent.
func refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, os.ErrNotExist)
}
