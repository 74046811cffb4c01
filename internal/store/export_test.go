package store

import "testing"

// SetSeenRoom makes the room for identities small while the test runs.
func SetSeenRoom(t *testing.T, identities int) {
	old := seenRoom
	seenRoom = identities
	t.Cleanup(func() { seenRoom = old })
}
