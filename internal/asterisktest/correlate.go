package asterisktest

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/dsp/fourier"
)

// onset is how much of a sound's beginning is looked for, frame how finely what
// was heard of it is counted.
const (
	onset = rate * 3 / 2
	frame = rate / 10
)

// recognised is the least likeness of a sound that was heard, whole or cut
// short; Recording.Check tells how far apart the two kinds lie.
const recognised = 0.3

// hearing is something heard, ready for sounds to be looked for in it.
type hearing struct {
	sound    []float64
	fft      *fourier.FFT
	spectrum []complex128
	energy   []float64 // of all samples before
}

func newHearing(sound []float64) *hearing {
	n := 1 << bits.Len(uint(len(sound)+onset))
	h := &hearing{sound: sound, fft: fourier.NewFFT(n), energy: make([]float64, len(sound)+1)}
	h.spectrum = h.fft.Coefficients(nil, padded(sound, n))
	for i, x := range sound {
		h.energy[i+1] = h.energy[i] + x*x
	}
	return h
}

func padded(sound []float64, n int) []float64 {
	return append(append(make([]float64, 0, n), sound...), make([]float64, n-len(sound))...)
}

// find returns where the beginning of a sound fits best, and its likeness there:
// the normalised cross-correlation, 1 for the same sound at any loudness.
func (h *hearing) find(sound []float64) (at int, likeness float64) {
	if len(h.sound) == 0 {
		return 0, 0
	}
	sound = sound[:min(len(sound), onset)]
	n := h.fft.Len()
	product := h.fft.Coefficients(nil, padded(sound, n))
	for i, c := range product {
		product[i] = h.spectrum[i] * complex(real(c), -imag(c)) / complex(float64(n), 0)
	}
	whole := energy(sound)
	for i, x := range h.fft.Sequence(nil, product)[:len(h.sound)] {
		here := h.energy[min(i+len(sound), len(h.sound))] - h.energy[i]
		if l := x / math.Sqrt(whole*max(here, whole/100)); l > likeness {
			at, likeness = i, l
		}
	}
	return at, likeness
}

// heard returns how many samples of a sound were heard, to a tenth of a second,
// and the likeness by which it was found; none where it was not recognised.
func (h *hearing) heard(sound []float64) (n int, likeness float64) {
	at, likeness := h.find(sound)
	if likeness < recognised {
		return 0, likeness
	}
	for i := 0; i+frame <= len(sound) && at+i+frame <= len(h.sound); i += frame {
		if alike(sound[i:i+frame], h.sound[at+i:at+i+frame]) > 0.5 {
			n += frame
		}
	}
	return n, likeness
}

// alike is the normalised correlation of two sounds as they stand.
func alike(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum / math.Sqrt(energy(a)*energy(b)+1e-12)
}

func energy(sound []float64) (sum float64) {
	for _, x := range sound {
		sum += x * x
	}
	return sum
}
