package canary

import (
	"math"
	"slices"
)

// Planted is a list of identities that are known to have been planted, to listen
// for when too little is heard to read one. Any number of receivers can share it.
type Planted struct {
	ids   []ID
	words [][coded]byte
}

// NewPlanted makes the list of ids; 10,000 take 1 MB.
func NewPlanted(ids []ID) *Planted {
	k := &Planted{ids: slices.Clone(ids)}
	for _, id := range ids {
		k.words = append(k.words, wordOf(id).encode())
	}
	return k
}

func (k *Planted) has(id ID) bool { return slices.Contains(k.ids, id) }

// best returns the likeliest of the identities and its score: minus infinity if
// there is none.
func (k *Planted) best(l *likelihoods) (id ID, score float64) {
	score = math.Inf(-1)
	for i := range k.words {
		if v := l.score(&k.words[i]); v > score {
			id, score = k.ids[i], v
		}
	}
	return id, score
}
