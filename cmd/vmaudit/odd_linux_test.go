package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestOddFolder imports a folder with everything in it that is no file, or cannot
// be read. The files are stored, each of the others is named, and nothing hangs.
func TestOddFolder(t *testing.T) {
	v := newIdleVictim(t)
	in := func(name string) string { return filepath.Join(v.folder, name) }
	writeExport(t, in("Master.csv"), 0, 10, "")
	writeExport(t, in("\x1b[2J\nvmaudit: forged \u202e.csv"), 10, 20, "")
	writeExport(t, in("unreadable.csv"), 20, 30, "")
	cut := in("cut.csv")
	writeExport(t, cut, 30, 40, "")
	socket, err := net.Listen("unix", in("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	text, err := os.ReadFile(cut)
	for _, err := range []error{
		err, os.WriteFile(cut, text[:len(text)-3], 0o600), os.WriteFile(in("empty.csv"), nil, 0o600), os.Mkdir(in("empty"), 0o700),
		os.Chmod(in("unreadable.csv"), 0), os.Mkdir(in("closed"), 0), unix.Mkfifo(in("pipe"), 0o600),
		os.Symlink("Master.csv", in("link.csv")), os.Symlink(".", in("circle")), os.Symlink("itself", in("itself")),
		os.Symlink("gone.csv", in("dangling")), os.Symlink("/dev/zero", in("device")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	defer os.Chmod(in("closed"), 0o700)
	importing := []string{"import", "--system", "pbx", "--zone", "UTC", v.folder}

	code, said := v.unprivileged(importing...)
	if code != exitFailure {
		t.Errorf("with a file that cannot be read: exit code %d", code)
	}
	for _, want := range []string{
		"Master.csv (asterisk-cdr): 10 rows read = 10 stored",
		"/?[2J?vmaudit: forged ?.csv (asterisk-cdr): 10 rows read = 10 stored",
		"cut.csv (asterisk-cdr): 10 rows read = 9 stored + 0 duplicate + 1 rejected",
		"link.csv (asterisk-cdr): imported before as " + in("Master.csv"),
		`"` + in("unreadable.csv") + `": permission denied`, `"` + in("closed") + `": permission denied`,
		in("pipe") + " is neither a file nor a link to one", in("socket") + " is neither", in("circle") + " is neither",
		in("itself") + " is neither", in("dangling") + " is neither", in("device") + " is neither",
		"1 files in folders are in no known format",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said", want)
		}
	}
	if strings.Contains(said, "\nvmaudit: forged") || t.Failed() {
		t.Errorf("said:\n%s", said)
	}

	for _, err := range []error{os.Chmod(in("unreadable.csv"), 0o600), os.Chmod(in("closed"), 0o700), os.WriteFile(cut, text, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	v.must(0, importing...)
	v.wantOnce(40, 5) // cut.csv is two: as it was, and whole
	_, said, err = v.run("imports")
	if err != nil || !strings.Contains(said, "one that was cut off is a row of the whole file, once that is imported") {
		t.Errorf("imports: %v, says %q", err, said)
	}
}

// TestOddArguments: what is named and cannot be imported is refused, and does not
// keep out what can.
func TestOddArguments(t *testing.T) {
	v := newIdleVictim(t)
	good, pipe := filepath.Join(v.folder, "Master.csv"), filepath.Join(v.folder, "pipe")
	writeExport(t, good, 0, 10, "")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	_, said, err := v.run("import", "--system", "pbx", "--zone", "UTC", "gone\n.csv", pipe, "/dev/zero", good)
	if exitCode(err) != exitFailure {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{`stat "gone\n.csv": no such file`, `pipe" is a pipe or a device`, `"/dev/zero" is a pipe or a device`, "10 stored"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said: %s", want, said)
		}
	}
}

// unprivileged runs a command that has to ask for permission, also as root.
func (v *victim) unprivileged(args ...string) (code int, said string) {
	var stderr bytes.Buffer
	c := v.command(args...)
	c.Stderr = &stderr
	done := make(chan error)
	timer := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() }) // it may wait for a pipe
	defer timer.Stop()
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with what it has lost
		for _, capability := range []uintptr{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH} {
			_ = unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0) // who is not root has none
		}
		done <- c.Run()
	}()
	return exitCode(<-done), stderr.String()
}
