// Package canary is an audio honeytoken: a sound that names an identity and survives
// what telephone lines do to it. A planted message that carries one and is heard by
// anybody else is proof of a leak without anyone having listened to people. The usual
// path is [Message], which is planted, and a [Receiver] fed by a spectrum.Stream.
//
// A token is 145 symbols of 40 ms, each one of 16 tones: 37 pilots, which the
// receiver knows, and 108 that carry 48 bits of identity and a checksum of 24. It is
// read in two ways: alone, by its checksum, or, when too little is left of it for
// that, by comparing with the identities that were planted.
//
// Stance: tones keep away from all that switches and telephones react to. What was
// planted must stay readable for as long as the message lies there, so the waveform
// never changes: a test holds its symbols. A wrong identity is worse than none.
package canary

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"
)

// ID is an identity: 48 bits, never 0.
type ID uint64

// String returns 12 lower-case hexadecimal digits.
func (id ID) String() string { return fmt.Sprintf("%012x", uint64(id)) }

// ParseID reads what String writes. It refuses all else, and the identity 0.
func ParseID(text string) (ID, error) {
	id, err := strconv.ParseUint(text, 16, 48)
	if err != nil || ID(id).String() != text || id == 0 {
		return 0, fmt.Errorf("%q is no identity: it has 12 lower-case hexadecimal digits, which are not all 0", text)
	}
	return ID(id), nil
}

// Random returns an identity that nobody can guess.
func Random() ID {
	var b [8]byte
	for {
		_, _ = rand.Read(b[2:]) // it never fails
		if id := ID(binary.BigEndian.Uint64(b[:])); id != 0 {
			return id
		}
	}
}
