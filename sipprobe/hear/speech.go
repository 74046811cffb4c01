package hear

import (
	"math"

	"vmaudit/sipprobe/spectrum"
)

// Speech is told by how its spectrum changes its shape: between frames that share no
// samples the bands of steady noise differ by the chance of their few bins only,
// some 2 dB, whatever its level; those of speech by far more, and still do in noise
// 10 dB below it. A change of level alone is not a change of shape.
const (
	apart       = 4   // frames until a window shares no samples
	mostChange  = 12  // dB that a band's change counts at most
	spoken      = 3.3 // dB of mean change over active frames that are speech
	adoption    = 2.8 // dB of mean change up to which sound is taken for background
	excess      = 2.5 // dB over the background, mean of the bands, of an active frame
	spokenFew   = 18  // active frames of the last 50 that make speech
	wordFew     = 11  // active frames that do, if they change as much as
	word        = 4.1 // dB
	tonal       = 0.5 // share of frames of one or two sines from which on a little is a signal
	longFew     = 35  // active frames that are a voice of few harmonics, if fewer than a share
	veryTonal   = 0.4 // of them is as pure as
	veryPure    = 0.93
	veryEven    = 0.8 // and a share as loud as one another
	startChange = 5   // dB that the change counts at most when a sound begins
	pause       = 22  // frames without sound after which speech has ended
	window      = 50  // frames, half a second
)

// voice tells speech and music from everything else.
type voice struct {
	last   [apart][bands]float32 // the bands of the last frames
	floor  [bands]float32        // the background, dB
	begun  int                   // frames, up to apart: what was before counts as silence
	ring   [window]trait
	next   int
	sum    trait   // over ring
	short  float32 // mean change of the last frames
	swell  swell
	quiet  int   // frames since the last active one
	age    int   // active frames since sound began after a pause
	start  int64 // of the sound that is going on
	active bool  // the frame has sound besides the background

	end int64 // of the last frame that may be speech
	style
}

// trait is what a frame adds.
type trait struct {
	active, tonal, pure int
	change              float32
}

func (v *voice) init() {
	for b := range v.floor {
		v.floor[b] = quietBand
	}
	for i := range v.last {
		v.last[i] = v.floor
	}
	v.quiet = window
}

// hear takes a frame; signal is for how many frames a tone has sounded that no voice
// has.
func (v *voice) hear(l *look, s *sines, signal int) {
	old := &v.last[v.begun%apart]
	change := shapeChange(&l.band, old)
	*old = l.band
	v.begun++
	v.short += (change - v.short) / 16
	v.swell.hear(l.total)
	over := v.over(&l.band)
	v.active = over > excess
	v.adopt(l, s)
	v.pushed(l, s, change, signal)
	v.style.hear(l, v.active, change)
}

// pushed counts what the frame has.
func (v *voice) pushed(l *look, s *sines, change float32, signal int) {
	t := trait{}
	if v.active && signal == 0 {
		t = trait{active: 1, change: change}
		if v.age++; v.quiet >= pause {
			v.age = 0
		}
		if v.age <= apart { // any sound differs from none
			t.change = min(change, startChange)
		}
	}
	if t.active > 0 && s.n > 0 {
		t.tonal = 1
	}
	if t.active > 0 && s.share > veryPure {
		t.pure = 1
	}
	v.push(t)
	if t.active == 0 || signal > 0 {
		v.quiet = max(v.quiet+1, signal)
		return
	}
	if v.quiet >= pause {
		v.start = l.at - 3*spectrum.Hop
	}
	v.quiet, v.end = 0, l.at-spectrum.Window/2
}

func (v *voice) push(t trait) {
	old := v.ring[v.next]
	v.ring[v.next] = t
	v.next = (v.next + 1) % window
	v.sum.active += t.active - old.active
	v.sum.tonal += t.tonal - old.tonal
	v.sum.pure += t.pure - old.pure
	v.sum.change += t.change - old.change
}

// swell follows how much the level goes up and down, over half a second.
type swell struct {
	ring  [window]float32
	next  int
	whole squares
}

// squares are sums of levels, dB, and of their squares.
type squares struct{ sum, sum2 float32 }

func (s *squares) change(in, out float32) {
	s.sum += in - out
	s.sum2 += in*in - out*out
}

func (s *squares) variance(n float32) float32 { return s.sum2/n - s.sum/n*s.sum/n }

// steadyLevel is the standard deviation of the level, dB, up to which sound is taken
// for background even if its spectrum changes, since a vocoder makes noise change.
const steadyLevel = 1.3

func (w *swell) hear(power float32) {
	dB := max(decibel(power*(1.0/fullSine)), quietBand)
	w.whole.change(dB, w.ring[w.next])
	w.ring[w.next] = dB
	w.next = (w.next + 1) % window
}

// alikeLevel is how far levels are apart at most that are alike, dB.
const alikeLevel = 1.7

// alike is how many frames of the last half second are as loud as one another: of
// tones that follow one another, as a canary's do, nearly all that have sound, after
// a short pause too.
func (w *swell) alike() (most int) {
	for _, level := range w.ring {
		n := 0
		for _, dB := range w.ring {
			if within(dB, level, alikeLevel) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func (w *swell) steady() bool { return w.whole.variance(window) < steadyLevel*steadyLevel }

// shapeChange is the mean difference of two spectra, their difference of level
// apart.
func shapeChange(a, b *[bands]float32) float32 {
	mean := float32(0)
	var d [bands]float32
	for i := range d {
		d[i] = a[i] - b[i]
		mean += d[i]
	}
	mean /= bands
	sum := float32(0)
	for _, x := range d {
		x -= mean
		sum += min(max(x, -x), mostChange)
	}
	return sum / bands
}

// over is by how much the bands are over the background.
func (v *voice) over(band *[bands]float32) float32 {
	sum := float32(0)
	for b, x := range band {
		sum += min(max(x-v.floor[b], 0), 15)
	}
	return sum / bands
}

// adopt lets the background follow: down soon, up slowly while the sound changes,
// and soon when it is steady and no tone.
func (v *voice) adopt(l *look, s *sines) {
	rise := float32(0.001)
	if s.n == 0 && (v.short < adoption || v.swell.steady()) {
		rise = 0.06
	}
	for b, x := range l.band {
		if d := x - v.floor[b]; d < 0 {
			v.floor[b] += 0.1 * d
		} else {
			v.floor[b] += min(rise*d, 1)
		}
	}
}

// speaks reports whether what the last half second had is speech: a little that
// changes much, or more, or a voice of few harmonics.
func (v *voice) speaks() bool {
	n := float32(v.sum.active)
	enough := v.sum.active >= spokenFew && v.sum.change > spoken*n || v.sum.active >= wordFew && v.sum.change > word*n
	return v.quiet < 3 && !v.swell.steady() && (enough && float32(v.sum.tonal) < tonal*n || v.fewHarmonics())
}

// fewHarmonics reports whether there is sound of one or two sines that changes as a
// voice does, and that no tones which follow one another have.
func (v *voice) fewHarmonics() bool {
	n := float32(v.sum.active)
	return v.sum.active >= longFew && v.sum.change > spoken*n && float32(v.sum.pure) < veryTonal*n && float32(v.swell.alike()) < veryEven*n
}

// background is the power of the background.
func (v *voice) background() (sum float32) {
	for _, dB := range v.floor {
		sum += float32(math.Pow(10, float64(dB)/10))
	}
	return sum * fullSine
}
