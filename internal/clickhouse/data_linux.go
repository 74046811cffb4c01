package clickhouse

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// dataFile puts the data of an INSERT where the engine can read them by name:
// in memory, because they are somebody's and must not be left on a disk.
func dataFile(r io.Reader) (f *os.File, name string, err error) {
	fd, err := unix.MemfdCreate("insert", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, "", fmt.Errorf("make room for the data: %w", err)
	}
	f = os.NewFile(uintptr(fd), "insert")
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return nil, "", fmt.Errorf("receive the data: %w", err)
	}
	return f, fmt.Sprintf("/proc/self/fd/%d", f.Fd()), nil
}
