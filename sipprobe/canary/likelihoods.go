package canary

import "math"

// likelihoods tells, for each coded symbol, how much likelier each value is than
// none in particular: logarithms.
type likelihoods [coded][16]float32

// score returns how much likelier a word is than none in particular.
func (l *likelihoods) score(c *[coded]byte) float64 {
	sum := float32(0)
	for i, v := range c {
		sum += l[i][v]
	}
	return float64(sum)
}

// spread returns the mean score of all words, and its standard deviation.
func (l *likelihoods) spread() (mean, deviation float64) {
	variance := 1e-9
	for _, values := range l {
		var sum, squares float64
		for _, v := range values {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		mean += sum / 16
		variance += squares/16 - sum*sum/256
	}
	return mean, math.Sqrt(variance)
}
