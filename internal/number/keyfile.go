package number

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrKeyExposed means that the key file can be read or changed by others than
// its owner.
var ErrKeyExposed = errors.New("key file is open to others")

// ErrKeyMalformed means that the key file is not what [LoadKey] wrote.
var ErrKeyMalformed = errors.New("key file is malformed")

const keyHead = "vmaudit-key-1"

const keyComment = `# The key of this vmaudit deployment. Keep it outside the database and its backups.
# Lost: callers in the database can never again be matched to a number, and rejected lines stay unreadable.
# Leaked: with the database, it lets anybody test which numbers called whom. Treat that as a disclosure.
`

// LoadKey reads the deployment key from path, and creates the file (mode 0600,
// its folder 0700) on first use. Two processes that start at once get the same
// key. It returns an error wrapping [ErrKeyExposed] or [ErrKeyMalformed] when
// the file must not be used; it never replaces a file that exists.
func LoadKey(path string) (*Key, error) {
	if path == "" {
		return nil, errors.New("no path for the key file: name one in the configuration")
	}
	k, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := createKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("creating key file %q: %w", path, err)
	}
	return readKey(path)
}

func readKey(path string) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %q is not a regular file", ErrKeyMalformed, path)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return nil, fmt.Errorf("%w: %q has mode %04o: check who has read it, then run chmod 600 on it", ErrKeyExposed, path, perm)
	}
	text := make([]byte, 4096)
	n, err := f.Read(text)
	if n == 0 && err != nil {
		return nil, fmt.Errorf("%w: %q is empty: restore it from its backup", ErrKeyMalformed, path)
	}
	secret, err := parseKey(text[:n])
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %v: restore it from its backup", ErrKeyMalformed, path, err)
	}
	return newKey(secret), nil
}

// parseKey reads "vmaudit-key-1 SECRET CHECK" among comment lines. The check
// is there because one changed digit would otherwise be a new key, and every
// known caller a new stranger.
func parseKey(text []byte) (secret [32]byte, err error) {
	var fields []string
	for line := range bytes.Lines(text) {
		if s := strings.TrimSpace(string(line)); s != "" && s[0] != '#' {
			fields = append(fields, strings.Fields(s)...)
		}
	}
	if len(fields) != 3 || fields[0] != keyHead {
		return secret, fmt.Errorf("expected one line %q with a secret and its check sum", keyHead)
	}
	b, err := hex.DecodeString(fields[1])
	if err != nil || len(b) != len(secret) {
		return secret, errors.New("the secret is not 64 hexadecimal digits")
	}
	copy(secret[:], b)
	if fields[2] != keyCheck(secret) {
		return secret, errors.New("the check sum does not fit the secret")
	}
	return secret, nil
}

func keyCheck(secret [32]byte) string {
	sum := sha256.Sum256(append([]byte("vmaudit key check "), secret[:]...))
	return hex.EncodeToString(sum[:4])
}

// createKey writes a new key beside path and links it into place: the link
// fails when another process was first, and nobody ever sees half a file.
func createKey(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	secret := NewKey().secret
	_, err = fmt.Fprintf(tmp, "%s%s %x %s\n", keyComment, keyHead, secret, keyCheck(secret))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the new name survive a power cut: tokens made with a key that
// is gone after the restart would be worthless.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
