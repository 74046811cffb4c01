package canary

import (
	"math"
	"slices"
)

// known are planted identities, and their words.
type known struct {
	ids   []ID
	words [][coded]byte
}

func newKnown(ids []ID) *known {
	k := &known{ids: slices.Clone(ids)}
	for _, id := range ids {
		k.words = append(k.words, wordOf(id).encode())
	}
	return k
}

func (k *known) has(id ID) bool { return slices.Contains(k.ids, id) }

// best returns the likeliest of the identities and its score: minus infinity if
// there is none.
func (k *known) best(l *likelihoods) (id ID, score float64) {
	score = math.Inf(-1)
	for i := range k.words {
		if v := l.score(&k.words[i]); v > score {
			id, score = k.ids[i], v
		}
	}
	return id, score
}
