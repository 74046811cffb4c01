package number

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"sync"
)

// Version is the normaliser's version, part of every token. It grows when the
// same text would be normalised differently, so that tokens of two versions are
// never taken for two people without anybody noticing.
const Version = 1

// Key is a deployment's one secret. Everything that needs a secret derives its
// own subkey from it, so that no use can be turned against another. It is safe
// for use by several goroutines.
type Key struct {
	secret [32]byte
	id     string
	prefix string // of every token
	token  sync.Pool
	aead   cipher.AEAD
}

// NewKey returns a random key that lives in memory only, for checks and tests
// whose tokens nobody keeps.
func NewKey() *Key {
	var secret [32]byte
	// crypto/rand.Read never fails; it ends the program instead.
	_, _ = rand.Read(secret[:])
	return newKey(secret)
}

func newKey(secret [32]byte) *Key {
	k := &Key{secret: secret}
	id := k.derive("vmaudit key id")
	k.id = hex.EncodeToString(id[:4])
	k.prefix = fmt.Sprintf("t%d-%s-", Version, k.id[:4])
	tokens := k.derive("vmaudit number token")
	k.token.New = func() any { return hmac.New(sha256.New, tokens[:]) }
	seal := k.derive("vmaudit sealed text")
	k.aead = mustGCM(seal[:])
	return k
}

// derive returns the subkey for one label (HKDF-Expand: the secret is uniform
// already, so there is nothing to extract).
func (k *Key) derive(label string) (sub [32]byte) {
	b, err := hkdf.Expand(sha256.New, k.secret[:], label, len(sub))
	if err != nil {
		panic("number: subkey: " + err.Error()) // only for lengths above 8160
	}
	copy(sub[:], b)
	return sub
}

func mustGCM(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("number: cipher: " + err.Error()) // only for a wrong key length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("number: cipher: " + err.Error()) // only for a wrong block length
	}
	return aead
}

// ID names the key: eight hexadecimal digits, not secret, stored beside what
// the key made.
func (k *Key) ID() string { return k.id }

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Token returns the token of a normalised number: "t1-<key>-<26 letters>",
// where 1 is [Version] and <key> the first four digits of [Key.ID]. It is
// HMAC-SHA-256 cut to 128 bits: without the key file, the some 10^10 numbers
// that exist cannot be tried out. Hand it what [Normaliser.E164] returned, or
// let [Normaliser.Party] do both.
func (k *Key) Token(e164 string) string {
	mac := k.token.Get().(hash.Hash)
	defer k.token.Put(mac)
	mac.Reset()
	mac.Write([]byte(e164))
	var sum [sha256.Size]byte
	mac.Sum(sum[:0])
	return k.prefix + tokenText.EncodeToString(sum[:16])
}

// IsToken reports whether s has the shape of a token of any key and version.
func IsToken(s string) bool {
	head, text, ok := strings.Cut(strings.TrimPrefix(s, "t"), "-")
	if !ok || !strings.HasPrefix(s, "t") || !allDigits(head) {
		return false
	}
	id, text, ok := strings.Cut(text, "-")
	if !ok || len(id) != 4 || len(text) != 26 {
		return false
	}
	_, err := tokenText.DecodeString(text)
	return err == nil && strings.Trim(id, "0123456789abcdef") == ""
}

// Seal encrypts text that must be kept and not be read, such as a rejected
// line (AES-256-GCM, random nonce, safe for some 2^32 texts per key).
func (k *Key) Seal(plain []byte) []byte { return k.aead.Seal(nil, nil, plain, nil) }

// Open decrypts what [Key.Seal] made. It fails for another key's text, and for
// text that was changed.
func (k *Key) Open(sealed []byte) ([]byte, error) {
	plain, err := k.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("sealed text cannot be opened with key %s: it was changed, or sealed with another key", k.id)
	}
	return plain, nil
}

// MAC authenticates data under the subkey of label (HMAC-SHA-256). Each piece
// is preceded by its length, so that moving bytes from one piece to the next
// changes the result.
func (k *Key) MAC(label string, data ...[]byte) (sum [32]byte) {
	sub := k.derive("vmaudit mac " + label)
	mac := hmac.New(sha256.New, sub[:])
	for _, d := range data {
		fmt.Fprintf(mac, "%d:", len(d))
		mac.Write(d)
	}
	mac.Sum(sum[:0])
	return sum
}
