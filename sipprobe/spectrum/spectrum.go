// Package spectrum is the front end that everything which listens shares: 8 kHz
// mono sound in pieces of any size becomes one [Frame] each 10 ms, the spectrum of
// the last 40 ms. The usual path is a [Stream], fed by Feed, which hands each frame
// to all listeners of the call, so that the transform is computed once.
//
// Stance: bins lie on a fixed grid of 25 Hz over a rectangular window, because a
// tone on the grid then leaks into no other bin, and because whoever wants a Hann
// window gets it from three neighbouring bins ([Frame.Hann]). Nothing is allocated
// per frame.
package spectrum

const (
	Rate   = 8000 // samples a second
	Hop    = 80   // samples from one frame to the next, 10 ms
	Window = 320  // samples that a frame's spectrum is of, 40 ms
	Bins   = Window/2 + 1
	Step   = Rate / Window // Hz between bins
)

// clipLevel is the size of a sample from which on it counts as clipped: the
// greatest value of mu-law (ITU-T G.711, table 2a, in 16 bits).
const clipLevel = 32124

// silentLevel is the size up to which a sample counts as digital silence: A-law has
// no zero, its smallest value is 8 (ITU-T G.711, table 1a, in 16 bits).
const silentLevel = 8

// Frame is what is known at the end of a hop. It is valid until the next one.
type Frame struct {
	Newest  *[Hop]int16     // the samples of the newest hop
	At      int64           // samples heard so far: the window is [At-Window, At)
	Bin     [Bins]complex64 // spectrum of the window, bin k at k*Step Hz; a full-scale sine on the grid has size 160
	Mean    float32         // mean square of the newest hop, full scale 1
	Peak    int             // greatest size of a sample of the newest hop, 0 to 32768
	Clipped int             // samples of the newest hop at or over mu-law's greatest value
	Silent  int             // samples of the newest hop that are digital silence: at most 8 in size
}

// Power returns the squared size of bin k.
func (f *Frame) Power(k int) float32 {
	re, im := real(f.Bin[k]), imag(f.Bin[k])
	return re*re + im*im
}

// Hann returns the squared size of bin k, 1 to Bins-2, as a Hann window over the
// same 40 ms has it: wider, and with far lower sidelobes.
func (f *Frame) Hann(k int) float32 {
	// By parts: a complex number is not divided by a real one cheaply.
	before, here, after := f.Bin[k-1], f.Bin[k], f.Bin[k+1]
	re := 0.5*real(here) - 0.25*(real(before)+real(after))
	im := 0.5*imag(here) - 0.25*(imag(before)+imag(after))
	return re*re + im*im
}

// Stream turns samples into frames. Before the first sample there was silence.
type Stream struct {
	each  func(*Frame)
	frame Frame
	last  [2 * Window]float32 // the window's samples twice, so that it never wraps
	next  int                 // where in the first half of last the next hop goes
	hop   [Hop]int16          // a hop that is not full yet
	have  int                 // samples in hop
	trans transform
}

// New returns a stream that calls each with every frame.
func New(each func(*Frame)) *Stream {
	return &Stream{each: each, trans: newTransform()}
}

// Feed hears the samples of one piece.
func (s *Stream) Feed(piece []int16) {
	for len(piece) > 0 {
		if s.have == 0 && len(piece) >= Hop {
			s.listen((*[Hop]int16)(piece))
			piece = piece[Hop:]
			continue
		}
		n := copy(s.hop[s.have:], piece)
		s.have, piece = s.have+n, piece[n:]
		if s.have == Hop {
			s.have = 0
			s.listen(&s.hop)
		}
	}
}

// Flush hears silence until the last piece's samples are in a frame.
func (s *Stream) Flush() {
	if s.have > 0 {
		clear(s.hop[s.have:])
		s.have = 0
		s.listen(&s.hop)
	}
}

// listen makes one frame.
func (s *Stream) listen(hop *[Hop]int16) {
	f := &s.frame
	f.At += Hop
	f.Newest = hop
	f.measure()
	to, twin := (*[Hop]float32)(s.last[s.next:]), (*[Hop]float32)(s.last[s.next+Window:])
	for i, v := range hop {
		x := float32(v) * (1.0 / 32768)
		to[i], twin[i] = x, x
	}
	s.next = (s.next + Hop) % Window
	s.trans.run(&f.Bin, (*[Window]float32)(s.last[s.next:]))
	s.each(f)
}

// measure fills in what is of the newest hop alone.
func (f *Frame) measure() {
	sum := int64(0)
	f.Peak, f.Clipped, f.Silent = 0, 0, 0
	for _, v := range f.Newest {
		x := int(v)
		sum += int64(x * x)
		x = max(x, -x)
		f.Peak = max(f.Peak, x)
		if x >= clipLevel {
			f.Clipped++
		}
		if x <= silentLevel {
			f.Silent++
		}
	}
	f.Mean = float32(sum) * (1.0 / (Hop * 32768 * 32768))
}
