//go:build !linux

package clickhouse

import (
	"fmt"
	"io"
	"os"
)

// dataFile puts the data of an INSERT where the engine can read them by name.
// The name is gone at once, so nothing can be left behind by a crash.
func dataFile(r io.Reader) (f *os.File, name string, err error) {
	if f, err = os.CreateTemp("", "insert"); err != nil {
		return nil, "", fmt.Errorf("make room for the data: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, "", fmt.Errorf("make room for the data: %w", err)
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return nil, "", fmt.Errorf("receive the data: %w", err)
	}
	// Opening /dev/fd/N shares the offset on this platform.
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		f.Close()
		return nil, "", fmt.Errorf("receive the data: %w", err)
	}
	return f, fmt.Sprintf("/dev/fd/%d", f.Fd()), nil
}
