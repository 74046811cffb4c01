package number

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fixedKey is the key file of the tests: a key that is nobody's secret.
const fixedKey = "vmaudit-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 367b58b6\n"

func writeKey(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTokenIsStable pins what databases already contain: a change here makes
// every known caller a stranger and needs a new Version.
func TestTokenIsStable(t *testing.T) {
	k, err := LoadKey(writeKey(t, fixedKey, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := k.ID(), "8f3987bb"; got != want {
		t.Errorf("ID() = %q, want %q", got, want)
	}
	if got, want := k.Token("+46701740617"), "t1-8f39-mfgjmhx3vfg2ntx6uzpw3eu5gu"; got != want {
		t.Errorf("Token() = %q, want %q", got, want)
	}
}

func TestLoadKeyCreatesOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "etc", "vmaudit", "key")
	var ids [16]string
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			k, err := LoadKey(path)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = k.ID()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] || len(id) != 8 {
			t.Fatalf("16 first users got the keys %v", ids)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	text, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(text, []byte("# Lost:")) || !bytes.Contains(text, []byte("# Leaked:")) {
		t.Errorf("the key file does not say what losing and leaking it means: %v", err)
	}
}

func TestLoadKeyRefuses(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want error
	}{
		"group readable": {fixedKey, 0o640, ErrKeyExposed},
		"world readable": {fixedKey, 0o604, ErrKeyExposed},
		"empty":          {"", 0o600, ErrKeyMalformed},
		"only a comment": {"# key\n", 0o600, ErrKeyMalformed},
		"cut":            {fixedKey[:40], 0o600, ErrKeyMalformed},
		"changed":        {strings.Replace(fixedKey, "0001", "0002", 1), 0o600, ErrKeyMalformed},
		"other version":  {strings.Replace(fixedKey, "key-1", "key-2", 1), 0o600, ErrKeyMalformed},
		"no hexadecimal": {"vmaudit-key-1 " + zeros[1:] + "x 00000000", 0o600, ErrKeyMalformed},
		"two keys":       {fixedKey + fixedKey, 0o600, ErrKeyMalformed},
	} {
		path := writeKey(t, c.text, c.mode)
		_, err := LoadKey(path)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		} else if !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "000102") {
			t.Errorf("%s: %v: must name the file and not the secret", name, err)
		}
		if after, _ := os.ReadFile(path); string(after) != c.text {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, err := LoadKey(""); err == nil {
		t.Error("LoadKey without a path succeeds")
	}
	if _, err := LoadKey(t.TempDir()); err == nil {
		t.Error("LoadKey of a folder succeeds")
	}
}

func TestSeal(t *testing.T) {
	k := NewKey()
	plain := []byte(`"","0701740617",`)
	sealed := k.Seal(plain)
	if bytes.Contains(sealed, plain[4:10]) || bytes.Equal(sealed, k.Seal(plain)) {
		t.Error("Seal shows its text, or that two are equal")
	}
	if got, err := k.Open(sealed); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("Open = %q, %v", got, err)
	}
	if _, err := NewKey().Open(sealed); err == nil {
		t.Error("another key opens it")
	}
	sealed[len(sealed)/2] ^= 1
	if _, err := k.Open(sealed); err == nil {
		t.Error("a changed text is opened")
	}
	if _, err := k.Open(nil); err == nil {
		t.Error("nothing is opened")
	}
}

func TestMACSeparates(t *testing.T) {
	k := NewKey()
	seen := map[[32]byte]bool{}
	for _, sum := range [][32]byte{
		k.MAC("a", []byte("xy")), k.MAC("b", []byte("xy")), k.MAC("a", []byte("x"), []byte("y")),
		k.MAC("a", []byte("xy"), nil), k.MAC("a"), NewKey().MAC("a", []byte("xy")),
	} {
		seen[sum] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d of 6 MACs are different", len(seen))
	}
	if !seen[k.MAC("a", []byte("xy"))] {
		t.Error("the same MAC is not the same again")
	}
}

func TestIsToken(t *testing.T) {
	if !IsToken(NewKey().Token("x")) {
		t.Error("a token is not one")
	}
	for _, s := range []string{"", "t", "4105", "t1-abcd-x", "t1-abcg-aaaaaaaaaaaaaaaaaaaaaaaaaa", "tx-abcd-aaaaaaaaaaaaaaaaaaaaaaaaaa", "0701740617"} {
		if IsToken(s) {
			t.Errorf("IsToken(%q)", s)
		}
	}
}
