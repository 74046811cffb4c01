package canary

import (
	"math"

	"vmaudit/sipprobe/spectrum"
)

const (
	reach    = 4    // bins on each side of a tone that are looked at
	smear    = 40.0 // Hz: vocoders put a tone on the nearest harmonics of a pitch
	around   = 160  // frames on each side that a tone's mean power is taken over
	evenness = 0.03 // added to powers relative to their mean
	settle   = spectrum.Window/spectrum.Hop - 1
)

// clocks are the deviations of the sender's clock that are tried.
var clocks = []float64{0, -0.003, 0.003, -0.006, 0.006, -0.009, 0.009}

// shares has, for each frame, which share of the sound each tone has, each relative
// to its own mean: the chance that it is the one that is sent.
type shares [history][16]float32

// soft looks at the frames of one token again, closer than the gate can: with the
// sender's clock made out, and in two ways, one for clean tones and one for those
// that a vocoder smeared. The pilots tell which is better.
type soft struct {
	stream      *spectrum.Stream
	begin, next int // the frames that are looked at begin, and go on, here
	sharp       [16][2*reach + 1]complex64
	clean, blur shares
	smooth      [2*reach + 1]float32
}

func newSoft() *soft {
	s := new(soft)
	s.stream = spectrum.New(s.look)
	for i := range s.smooth {
		d := float64(i-reach) * spectrum.Step / smear
		s.smooth[i] = float32(math.Exp(-d * d / 2))
	}
	return s
}

// hear returns the shares in the frames from begin to end of the ring, the first of
// which is at index 0: in both ways, the better one first.
func (s *soft) hear(ring *[history][spectrum.Hop]int16, begin, end int, w *way) [2]*shares {
	s.tune(clockOf(ring, begin, end, w))
	s.begin, s.next = begin, begin-settle
	for h := begin - settle; h < end; h++ {
		s.stream.Feed(ring[h&(history-1)][:])
	}
	relative(s.clean[:end-begin])
	relative(s.blur[:end-begin])
	smeared := s.blur.pilots(begin, end, w) > s.clean.pilots(begin, end, w)
	s.blend(end - begin)
	if smeared {
		return [2]*shares{&s.blur, &s.clean}
	}
	return [2]*shares{&s.clean, &s.blur}
}

// blend adds what the clean way has to the blurred one: it has seen less, but other
// things.
func (s *soft) blend(frames int) {
	for t := range frames {
		for i, v := range s.clean[t] {
			s.blur[t][i] = (s.blur[t][i] + v) / 2
		}
	}
}

// tune makes the filters that take a tone out of the bins around it: with a clock
// that is off it lies between them.
func (s *soft) tune(clock float64) {
	for i, k := range tones {
		off := float64(k) * clock
		for j := range s.sharp[i] {
			x := off - float64(j-reach) // how far the tone is above the bin, in bins
			s.sharp[i][j] = complex64(dirichlet(x))
		}
	}
}

// dirichlet is the conjugate of what a tone x bins above a bin shows there, over
// what it shows at x = 0.
func dirichlet(x float64) complex128 {
	if math.Abs(x) < 1e-9 {
		return 1
	}
	size := math.Sin(math.Pi*x) / (math.Pi * x)
	sin, cos := math.Sincos(math.Pi * x)
	return complex(size*cos, -size*sin)
}

// look measures one frame both ways.
func (s *soft) look(f *spectrum.Frame) {
	t := s.next - s.begin
	s.next++
	if t < 0 {
		return // its window is not full yet
	}
	var size [spectrum.Bins]float32
	for k := tones[0] - reach; k <= tones[15]+reach; k++ {
		size[k] = float32(math.Sqrt(float64(f.Power(k))))
	}
	for i, k := range tones {
		var z complex64
		sum := float32(0)
		for j, w := range s.smooth {
			z += f.Bin[k-reach+j] * s.sharp[i][j]
			sum += size[k-reach+j] * w
		}
		s.clean[t][i] = real(z)*real(z) + imag(z)*imag(z)
		s.blur[t][i] = sum * sum
	}
}

// relative turns powers into shares.
func relative(e [][16]float32) {
	var sum [16]float64
	var old [2 * around][16]float32 // powers that are shares already and in the sum still
	hi := 0
	for t := range e {
		for ; hi < min(len(e), t+around); hi++ {
			for i, v := range e[hi] {
				sum[i] += float64(v)
			}
		}
		if lo := t - around - 1; lo >= 0 {
			for i, v := range old[lo%len(old)] {
				sum[i] -= float64(v)
			}
		}
		old[t%len(old)] = e[t]
		count := float64(hi - max(0, t-around))
		all := 0.0
		for _, v := range sum {
			all += v
		}
		total := float32(0)
		for i, v := range e[t] {
			e[t][i] = v/float32(max(0, sum[i]+0.1*all/16)/count+1e-9) + evenness
			total += e[t][i]
		}
		for i := range e[t] {
			e[t][i] /= total
		}
	}
}

// pilots returns how well the pilots that are on the way stand out.
func (e *shares) pilots(begin, end int, w *way) float32 {
	sum := float32(0)
	for p := w.first; p <= w.last; p++ {
		if t := w.at[p]; t >= begin && t < end {
			sum += likelihood(e[t-begin][pilotTones[p]])
		}
	}
	return sum
}

// quality returns how much of the sound of the pilots on the way was theirs: from 0,
// as much as chance gives, to 1.
func (e *shares) quality(begin, end int, w *way) float64 {
	sum, count := 0.0, 1e-9
	for p := w.first; p <= w.last; p++ {
		if t := w.at[p]; t >= begin && t < end {
			sum += float64(e[t-begin][pilotTones[p]]-1.0/16) / (1 - 1.0/16)
			count++
		}
	}
	return max(0, sum/count)
}

// clockOf returns by which share the sender's clock is off, as the pilots have it.
func clockOf(ring *[history][spectrum.Hop]int16, begin, end int, w *way) (clock float64) {
	best := float32(0)
	for _, c := range clocks {
		sum, count := float32(0), float32(0)
		for p := w.first; p <= w.last; p++ {
			if t := w.at[p]; t-settle >= begin && t < end {
				sum += toneShare(ring, t, float64(tones[pilotTones[p]]*spectrum.Step)*(1+c))
				count++
			}
		}
		if sum > best*1.02 {
			best, clock = sum, c
		}
		if best > 0.6*count {
			break // clean already
		}
	}
	return clock
}

// toneShare returns which share of frame t's power is a tone's.
func toneShare(ring *[history][spectrum.Hop]int16, t int, hz float64) float32 {
	sin, cos := math.Sincos(2 * math.Pi * hz / spectrum.Rate)
	turn, at := complex(float32(cos), float32(-sin)), complex64(1)
	var z complex64
	all := float32(1)
	for h := t - settle; h <= t; h++ {
		for _, v := range ring[h&(history-1)] {
			x := float32(v)
			z += complex(x*real(at), x*imag(at))
			all += x * x
			at *= turn
		}
	}
	return 2 * (real(z)*real(z) + imag(z)*imag(z)) / (all * spectrum.Window)
}
