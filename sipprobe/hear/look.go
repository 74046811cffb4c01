package hear

import (
	"math"

	"vmaudit/sipprobe/spectrum"
)

// The bins that are looked at: 150 to 3,450 Hz, what telephones carry.
const (
	lowBin  = 6
	highBin = 138
)

// bands is into how many parts the telephone's band is divided.
const bands = 17

// edges are the bands' lower edges in bins: about 100 Hz wide at first, then a
// seventh of an octave, as the ear has it (critical bands, Zwicker).
var edges = [bands + 1]int{8, 12, 16, 20, 24, 29, 34, 40, 47, 55, 63, 72, 82, 93, 104, 115, 126, 138}

// silence is the level of nothing, dB.
const silence = -120

// fullSine is the sum of the powers of the bins of a full-scale sine, by a Hann
// window over [spectrum.Window].
const fullSine = 9600

// quietBand is the level in dB below which a band counts as empty: A-law's least
// step makes about -80 in all bands together.
const quietBand = -75

// look is what is seen of a frame.
type look struct {
	at    int64   // samples heard
	level float32 // of the newest hop, dBFS (mean square)
	total float32 // power of all bins
	peak  [2]peak // the strongest, and the strongest besides
	band  [bands]float32

	power [spectrum.Bins]float32
	below [spectrum.Bins + 1]float32 // power of all bins below
}

// peak is a maximum of the spectrum with its slopes.
type peak struct {
	bin   int
	share float32 // of the whole power
}

// see looks at a frame.
func (l *look) see(f *spectrum.Frame) {
	l.at = f.At
	l.level = decibel(f.Mean)
	l.hann(&f.Bin)
	l.peaks()
	for b := range l.band {
		p := l.below[edges[b+1]] - l.below[edges[b]]
		l.band[b] = max(quietBand, decibel(p*(1/float32(fullSine))))
	}
}

// hann is [spectrum.Frame.Hann] of all bins at once, and their sums.
func (l *look) hann(bin *[spectrum.Bins]complex64) {
	sum := float32(0)
	before, here := bin[lowBin-1], bin[lowBin]
	for k := lowBin; k < highBin; k++ {
		after := bin[k+1]
		re := 0.5*real(here) - 0.25*(real(before)+real(after))
		im := 0.5*imag(here) - 0.25*(imag(before)+imag(after))
		p := re*re + im*im
		l.power[k], l.below[k] = p, sum
		sum += p
		before, here = here, after
	}
	l.below[highBin], l.total = sum, sum
}

// reach is how many bins to each side belong to a peak: a sine's main lobe.
const reach = 2

// peaks finds the two strongest.
func (l *look) peaks() {
	l.peak[0] = l.strongest(lowBin, highBin)
	k := l.peak[0].bin
	l.peak[1] = l.strongest(lowBin, k-reach)
	if p := l.strongest(k+reach+1, highBin); p.share > l.peak[1].share {
		l.peak[1] = p
	}
}

// strongest is the greatest peak from bin a up to before b.
func (l *look) strongest(a, b int) (p peak) {
	if b <= a {
		return peak{}
	}
	most := float32(-1)
	for i, x := range l.power[a:b] {
		if x > most {
			most, p.bin = x, a+i
		}
	}
	p.share = l.within(max(p.bin-reach, a), min(p.bin+reach+1, b)) / (l.total + 1e-9)
	return p
}

// within is the power of bins a up to before b.
func (l *look) within(a, b int) float32 {
	return l.below[min(b, highBin)] - l.below[max(a, lowBin)]
}

// hertz is the frequency of the peak at bin k: two bins of a Hann window tell where
// a sine lies between them.
func (l *look) hertz(k int) float32 {
	left, right := l.power[k-1], l.power[k+1]
	side, sign := right, float32(1)
	if left > right {
		side, sign = left, -1
	}
	a := float32(math.Sqrt(float64(side / (l.power[k] + 1e-12))))
	return spectrum.Step * (float32(k) + sign*(2*a-1)/(a+1))
}

// around is the power of the main lobe of a sine of hz.
func (l *look) around(hz float32) float32 {
	k := int(hz/spectrum.Step + 0.5)
	return l.within(k-reach, k+reach+1)
}

// decibel is ten times the decimal logarithm, to 0.03.
func decibel(x float32) float32 {
	if x < 1e-12 {
		return silence
	}
	bits := math.Float32bits(x)
	exponent := float32(int(bits>>23) - 127)
	m := math.Float32frombits(bits&0x7FFFFF | 0x3F800000)
	return 3.0103 * (exponent + (-0.344845*m+2.024658)*m - 1.674873)
}
