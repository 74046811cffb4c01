// Package access keeps the rules about who may look at affected people, and the
// log of who did.
//
// The usual path: a command parses its [Purpose], asks its question, and calls
// [Log.Record] with the number of people it is about to show, before it shows
// them; an error there means that nothing is shown. Protected extensions are
// taken out with [Mask] and stay in the counts.
//
// Its stance: no log, no look. The log is a chain: each row carries a keyed hash
// (HMAC-SHA-256 under the deployment key) of itself and of the row before, and
// the head of the chain is also kept in a file beside that key, outside the
// database. Who can write to the database, but does not have the key, cannot
// change, insert or drop a row without [Log.Verify] finding it.
package access

import (
	"fmt"
	"slices"
	"strings"
)

// Purpose is why somebody looks at affected people. Nothing else is a reason.
type Purpose string

// The purposes that there are.
const (
	IncidentScoping        Purpose = "incident-scoping"
	PostChangeVerification Purpose = "post-change-verification"
	Notification           Purpose = "notification"
	AuthorityReport        Purpose = "authority-report"
)

// Purposes lists them, the default first.
var Purposes = []Purpose{IncidentScoping, PostChangeVerification, Notification, AuthorityReport}

// UnknownPurposeError refuses a purpose that is not one of [Purposes].
type UnknownPurposeError struct{ Purpose string }

func (e *UnknownPurposeError) Error() string {
	names := make([]string, len(Purposes))
	for i, p := range Purposes {
		names[i] = string(p)
	}
	return fmt.Sprintf("purpose %q is not one of %s: nothing was asked", e.Purpose, strings.Join(names, ", "))
}

// ParsePurpose returns the purpose of that name, [IncidentScoping] for "", or an
// [UnknownPurposeError].
func ParsePurpose(name string) (Purpose, error) {
	if name == "" {
		return IncidentScoping, nil
	}
	if !slices.Contains(Purposes, Purpose(name)) {
		return "", &UnknownPurposeError{name}
	}
	return Purpose(name), nil
}

// Mask splits people into those who may be listed and the number of those who
// may only be counted.
func Mask[T any](people []T, protected func(T) bool) (shown []T, masked int) {
	shown = make([]T, 0, len(people)) // a list of nobody is [] in JSON
	for _, p := range people {
		if !protected(p) {
			shown = append(shown, p)
		}
	}
	return shown, len(people) - len(shown)
}
