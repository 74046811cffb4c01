package sound

import (
	"io"
	"math"
)

const (
	crossings = 16   // zero crossings of the kernel on each side
	phases    = 256  // kernels between two input samples; between them lines are drawn
	passband  = 0.95 // of the lower rate's half: the rest is for the slope
	beta      = 9.0  // Kaiser window: stops 90 dB (Kaiser and Schafer, 1980)
)

// resampler brings sound from any rate to 8 kHz with a windowed sinc. No library in
// pure Go does that to a stream without folding what lies above 4 kHz back.
type resampler struct {
	rate    int         // of the input
	reach   int         // input samples on each side of an output sample
	kernel  [][]float32 // of each phase, and one more
	window  []float32   // input samples not done with, reach samples of silence first
	at      int         // where in window the next output sample lies: at + part/Rate
	part    int
	padding int // samples of silence that the end still gets; -1: not ended
}

func newResampler(rate int) *resampler {
	lower := float64(min(rate, Rate)) / float64(rate) * passband // cutoff, of the input's half
	r := &resampler{rate: rate, reach: int(math.Ceil(crossings / lower)), padding: -1}
	r.window = make([]float32, r.reach, 4*r.reach+4096)
	r.at = r.reach
	for phase := range phases + 1 {
		k := make([]float32, 2*r.reach)
		sum := 0.0
		for i := range k {
			x := float64(i-r.reach+1) - float64(phase)/phases
			v := sinc(x*lower) * kaiser(x/float64(r.reach))
			k[i] = float32(v)
			sum += v
		}
		for i := range k {
			k[i] /= float32(sum)
		}
		r.kernel = append(r.kernel, k)
	}
	return r
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is Kaiser's window at x, -1 to 1.
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(beta*math.Sqrt(1-x*x)) / bessel(beta)
}

// bessel is the modified Bessel function of the first kind and order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}

// read fills p with output samples, taking from from what it needs.
func (r *resampler) read(p []float32, from source) (n int, err error) {
	for n < len(p) {
		for r.at+r.reach >= len(r.window) {
			if err := r.more(from); err != nil {
				if n > 0 {
					return n, nil
				}
				return 0, err
			}
		}
		p[n] = r.output()
		n++
		r.part += r.rate
		r.at += r.part / Rate
		r.part %= Rate
	}
	return n, nil
}

// more lets go of what is done with and reads on; after the end it gives as much
// silence as the last samples need.
func (r *resampler) more(from source) error {
	done := min(max(0, r.at-r.reach), len(r.window))
	r.window = r.window[:copy(r.window, r.window[done:])]
	r.at -= done
	room := r.window[len(r.window):cap(r.window)]
	if r.padding < 0 {
		n, err := from.read(room)
		r.window = r.window[:len(r.window)+n]
		if err != io.EOF {
			return err
		}
		r.padding = r.reach
		return nil
	}
	if r.padding == 0 {
		return io.EOF
	}
	n := min(r.padding, len(room))
	clear(room[:n])
	r.window = r.window[:len(r.window)+n]
	r.padding -= n
	return nil
}

// output returns the sample at r.at.
func (r *resampler) output() float32 {
	where := float32(r.part) * phases / Rate
	phase := int(where)
	blend := where - float32(phase)
	k, l := r.kernel[phase], r.kernel[phase+1]
	var a, b float32
	for i, v := range r.window[r.at-r.reach+1 : r.at+r.reach+1] {
		a += v * k[i]
		b += v * l[i]
	}
	return a + (b-a)*blend
}
