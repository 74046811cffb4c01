package asterisktest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Variable names the environment variable with the three states.
const Variable = "VMAUDIT_TEST_PBX"

// Versions are the Asterisk versions that can be had.
var Versions = []string{"16", "22"}

// Need skips or fails the test where an Asterisk of the version, or SIPp, is
// missing. Short tests need none unless it is demanded.
func Need(t testing.TB, version string) {
	t.Helper()
	state := os.Getenv(Variable)
	_, err := findInstall(version)
	_, noSIPp := exec.LookPath("sipp")
	err = errors.Join(err, noSIPp)
	switch {
	case state == "off":
		t.Skipf("%s is off", Variable)
	case state == "demand" && err != nil:
		t.Fatalf("%v: run make test-pbx", err)
	case state != "demand" && testing.Short():
		t.Skip("calls take their time")
	case err != nil:
		t.Skip(err)
	}
}

// install is where an Asterisk's files are, as get.sh leaves them.
type install struct{ dir, loader, modules string }

func findInstall(version string) (*install, error) {
	root, err := root()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(root, ".cache", "asterisk", version)
	if _, err := os.Stat(filepath.Join(dir, "finished")); err != nil {
		return nil, fmt.Errorf("asterisk %s is not there: %w", version, err)
	}
	in := &install{dir: dir}
	in.loader, err = oneOf(dir, "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
	if err != nil {
		return nil, err
	}
	in.modules, err = oneOf(dir, "usr/lib/x86_64-linux-gnu/asterisk/modules", "usr/lib/asterisk/modules")
	return in, err
}

// root is the repository's folder: tests run in their package's.
func root() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("the tests run outside of the repository")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// oneOf is the first of the names that is in dir: places differ with the age of
// the packages.
func oneOf(dir string, names ...string) (string, error) {
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return filepath.Join(dir, name), nil
		}
	}
	return "", fmt.Errorf("%s has none of %q: remove it and get it again", dir, names)
}

// command is the program asterisk, run by its own loader with its own libraries.
func (in *install) command(args ...string) []string {
	libraries := ""
	for _, d := range []string{"usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib"} {
		libraries += filepath.Join(in.dir, d) + ":"
	}
	return append([]string{in.loader, "--library-path", libraries, filepath.Join(in.dir, "usr/sbin/asterisk")}, args...)
}
