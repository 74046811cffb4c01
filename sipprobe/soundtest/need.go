package soundtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Variable names the environment variable with the three states: demand fails where
// something is missing, off skips, anything else skips where something is missing.
const Variable = "VMAUDIT_TEST_SOUND"

// Rate is the sampling rate of all sound, in Hz.
const Rate = 8000

// Need skips or fails the test where the codecs, the recordings that are got every
// time, or the synthesiser are missing. Short tests need none unless it is demanded.
func Need(t testing.TB) {
	t.Helper()
	state := os.Getenv(Variable)
	if state == "off" {
		t.Skipf("%s is off", Variable)
	}
	if state != "demand" && testing.Short() {
		t.Skip("real sound takes its time")
	}
	switch err := missing(); {
	case err != nil && state == "demand":
		t.Fatalf("%v: run make test-sound", err)
	case err != nil:
		t.Skip(err)
	}
}

// missing tells what is not there.
var missing = sync.OnceValue(func() error {
	_, noProgram := program()
	_, noRecordings := catalogue()
	_, noVoices := languages()
	return errors.Join(noProgram, noRecordings, noVoices)
})

// cache is the folder in which get.sh leaves the recordings.
func cache() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, ".cache", "sound"), nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("the tests run outside of the repository")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// outputOf runs a program and returns what it wrote.
func outputOf(name string, args ...string) ([]byte, error) {
	out, err := exec.Command(name, args...).Output()
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		err = fmt.Errorf("%w: %s", err, failed.Stderr)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}
