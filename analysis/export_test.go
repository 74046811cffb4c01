package analysis

import "testing"

// Slice lets every question go in slices of n until the test ends.
func Slice(t *testing.T, n uint64) {
	have := atOnce
	atOnce = sliceSizes{n, n, n, n, n, n}
	t.Cleanup(func() { atOnce = have })
}
