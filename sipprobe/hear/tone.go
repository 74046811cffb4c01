package hear

import "vmaudit/sipprobe/spectrum"

// Figures of the tone tracker, in frames of 10 ms where nothing else is said.
const (
	pure       = 0.80 // share of the power that one or two sines have: 6 dB over white noise
	secondSine = 0.10 // share that the second must have
	strayHz    = 20   // a frequency further off is another tone
	patience   = 8    // frames without the tone until it has ended: three lost packets
	edge       = 3    // frames that have the beginning or the end of a tone in their window
	lingering  = 0.25 // of a tone's power, with which half of the window has it
)

// run is a tone that sounds, or has sounded.
type run struct {
	on         bool
	dual       bool
	hz         [2]float32 // means; the lower one first
	start      int64
	end        int64 // of what is known
	frames     int   // in which it was heard, pure
	missing    int   // frames since
	power      float32
	purity     float32     // sum of shares
	later      [edge]trace // of the last frames
	inner      inner       // frames between, edges left out
	before     float32     // level of the quietest of the frames before, dB
	background float32     // power of the background when it began
	cut        bool        // ended because another tone began
}

// trace is the first sine of a frame.
type trace struct{ hz, power, share float32 }

// inner is what the frames of a tone have that are no edges of it.
type inner struct {
	frames  int
	hz2     float32 // squares of differences from the mean frequency
	dB, dB2 float32 // powers, and their squares
	dirt    float32 // shares of the power that are not the tone's nor the background's
}

// tones follows one tone after another.
type tones struct {
	run
	past    [16]float32 // levels of the last frames, dB
	next    int
	changed int // frames in a row with another tone
}

// sines is what a frame is made of.
type sines struct {
	n     int // 0: not of sines
	hz    [2]float32
	share float32
}

// sines tells of which one or two sines the frame is made.
func (l *look) sines() (s sines) {
	a, b := l.peak[0], l.peak[1]
	switch {
	case l.total < 1e-4: // -80 dBFS
	case a.share >= pure:
		s = sines{n: 1, hz: [2]float32{l.hertz(a.bin)}, share: a.share}
	case a.share+b.share >= pure && b.share >= secondSine && b.bin > lowBin && a.bin > lowBin:
		if a.bin > b.bin {
			a, b = b, a
		}
		s = sines{n: 2, hz: [2]float32{l.hertz(a.bin), l.hertz(b.bin)}, share: a.share + b.share}
		if s.hz[1]-s.hz[0] < tooClose+15 { // two that beat, see run.is
			s.n, s.hz = 1, [2]float32{(s.hz[0]*a.share + s.hz[1]*b.share) / s.share}
		}
	}
	return s
}

// hear takes one frame, and returns whether a tone has ended, which then is t.run.
// The tone that comes after it begins with a later call.
func (t *tones) hear(l *look, s *sines) (ended bool) {
	defer t.remember(l)
	if !t.on {
		if s.n > 0 {
			t.begin(l, s)
		}
		return false
	}
	if t.goesOn(s) {
		t.goOn(l, s)
		return false
	}
	if t.frames <= edge { // it was none
		if t.on = s.n > 0; t.on {
			t.begin(l, s)
		}
		return false
	}
	t.missing++
	if s.n > 0 && l.around(t.hz[0]) < lingering*t.mean() {
		t.changed++
	}
	if t.changed >= 2 || t.missing > patience {
		t.cut = t.changed >= 2
		t.on = false
		return true
	}
	if l.around(t.hz[0]) >= lingering*t.mean() {
		t.end = max(t.end, l.at-spectrum.Window/2)
	}
	return false
}

func (t *tones) remember(l *look) {
	t.past[t.next] = l.level
	t.next = (t.next + 1) % len(t.past)
}

// mean is the power of the tone.
func (t *run) mean() float32 { return t.power / float32(t.frames) }

// goesOn reports whether the frame has the tone that sounds.
func (t *tones) goesOn(s *sines) bool {
	if s.n == 0 || t.dual && s.n != 2 {
		return false
	}
	if t.dual {
		return near(s.hz[0], t.hz[0]) && near(s.hz[1], t.hz[1])
	}
	return near(s.hz[0], t.hz[0]) || s.n == 2 && near(s.hz[1], t.hz[0])
}

func near(a, b float32) bool { return a-b < strayHz && b-a < strayHz }

func (t *tones) begin(l *look, s *sines) {
	middle := l.at - spectrum.Window/2
	t.run = run{on: true, dual: s.n == 2, hz: s.hz, start: middle, end: middle, frames: 1}
	t.power, t.purity = l.around(s.hz[0]), s.share
	t.before = t.quietest()
	t.changed = 0
}

// quietest is the least level of the last 160 ms.
func (t *tones) quietest() float32 {
	least := t.past[0]
	for _, x := range t.past[1:] {
		least = min(least, x)
	}
	return least
}

// goOn takes a frame that has the tone.
func (t *tones) goOn(l *look, s *sines) {
	i := 0
	if !t.dual && !near(s.hz[0], t.hz[0]) {
		i = 1
	}
	p := l.around(s.hz[i])
	if p*lingering > t.mean() { // until now half of the window had it at most
		t.begin(l, s)
		return
	}
	t.missing, t.changed = 0, 0
	t.end = l.at - spectrum.Window/2
	t.frames++
	t.power += p
	t.purity += s.share
	n := float32(min(t.frames, 16))
	if t.frames <= edge {
		n = 1
	}
	t.hz[0] += (s.hz[i] - t.hz[0]) / n
	if t.dual {
		t.hz[1] += (s.hz[1] - t.hz[1]) / n
	}
	t.steadiness(t.later[t.frames%edge])
	t.later[t.frames%edge] = trace{s.hz[i], p, s.share}
}

// steadiness takes what a frame had that has whole frames of the tone on both sides.
func (t *run) steadiness(was trace) {
	if t.frames < 2*edge {
		return
	}
	n := &t.inner
	off, dB := was.hz-t.hz[0], decibel(was.power)
	n.frames++
	n.hz2 += min(off*off, strayHz*strayHz)
	n.dB += dB
	n.dB2 += dB * dB
	n.dirt += max(1-was.share-t.background/was.power, 0)
}

// of returns the means of what the frames had: the variances of the frequency and
// of the level, and the share of the power that is not the tone's.
func (n *inner) of() (hz2, dB2, dirt float32) {
	k := 1 / float32(max(n.frames, 1))
	mean := n.dB * k
	return n.hz2 * k, max(n.dB2*k-mean*mean, 0), n.dirt * k
}

// beats reports whether the tone wavers as two that lie close together do.
func (t *run) beats() bool {
	hz2, dB2, _ := t.inner.of()
	return hz2 > 2 || dB2 > 0.3
}

// step is by how much the tone is over the quietest of what was before, dB.
func (t *run) step() float32 { return decibel(t.mean()*(0.5/float32(fullSine))) - t.before }

// Of a tone that no voice has: a voice's wavers, or is low, or has others besides.
const (
	signalFrom = 250 // Hz
	signalHz   = 10  // standard deviation
	signalDirt = 0.12
)

// signal reports whether the tone is none of a voice's.
func (t *run) signal() bool {
	hz2, _, dirt := t.inner.of()
	return t.hz[0] > signalFrom && hz2 < signalHz*signalHz && dirt < signalDirt
}
