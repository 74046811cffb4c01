package chtest

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// DiskVariable names the environment variable that says what happens where a test
// may not mount a small disk: unset, it is skipped; "demand", it fails; "off", it
// is always skipped.
const DiskVariable = "VMAUDIT_TEST_DISK"

// Disk mounts a disk in memory, of a size such as "8m", on a new folder. Engines
// that work on it must be ended before the test's cleanup reaches it.
func Disk(t testing.TB, size string) string {
	t.Helper()
	state, dir := os.Getenv(DiskVariable), t.TempDir()
	if state == "off" {
		t.Skipf("%s is off", DiskVariable)
	}
	err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size)
	switch {
	case err != nil && state == "demand":
		t.Fatalf("mounting a small disk: %v", err)
	case err != nil:
		t.Skipf("mounting a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// Fill leaves no room on a disk until the file that it returns is removed.
func Fill(t testing.TB, disk string) (ballast string) {
	f, err := os.Create(filepath.Join(disk, "ballast"))
	if err == nil {
		_, err = io.Copy(f, zeros{})
		f.Close()
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("filling %s: %v", disk, err)
	}
	return filepath.Join(disk, "ballast")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
