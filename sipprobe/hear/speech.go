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
	apart      = 4   // frames until a window shares no samples
	mostChange = 12  // dB that a band's change counts at most
	spoken     = 3.3 // dB of mean change over active frames that are speech
	adoption   = 2.8 // dB of mean change up to which sound is taken for background
	excess     = 2.5 // dB over the background, mean of the bands, of an active frame
	spokenFew  = 18  // active frames of the last 50 that make speech
	tonal      = 0.5 // share of frames of one or two sines from which on it is a signal
	pause      = 22  // frames without sound after which speech has ended
	window     = 50  // frames, half a second
)

// voice tells speech and music from everything else.
type voice struct {
	last   [apart][bands]float32 // the bands of the last frames
	floor  [bands]float32        // the background, dB
	begun  int                   // frames, up to apart: what was before counts as silence
	ring   [window]trait
	next   int
	sum    trait // over ring
	short  float32
	quiet  int   // frames since the last active one
	start  int64 // of the sound that is going on
	active bool  // the frame has sound besides the background

	end int64 // of the last frame that may be speech
	style
}

// trait is what a frame adds.
type trait struct {
	active, tonal int
	change        float32
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

// hear takes a frame; signal says that a tone sounds which no voice has.
func (v *voice) hear(l *look, s *sines, signal bool) {
	old := &v.last[v.begun%apart]
	change := shapeChange(&l.band, old)
	*old = l.band
	v.begun++
	v.short += (change - v.short) / 16
	over := v.over(&l.band)
	v.active = over > excess
	v.adopt(l, s)
	v.pushed(l, s, change, signal)
	v.style.hear(l, v.active)
}

// pushed counts what the frame has.
func (v *voice) pushed(l *look, s *sines, change float32, signal bool) {
	t := trait{}
	if v.active {
		t = trait{active: 1, change: change}
	}
	if v.active && s.n > 0 {
		t.tonal = 1
	}
	v.push(t)
	if t.active == 0 || signal {
		v.quiet++
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
	v.sum.change += t.change - old.change
}

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
	if v.short < adoption && s.n == 0 {
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

// speaks reports whether what the last half second had is speech.
func (v *voice) speaks() bool {
	n := float32(v.sum.active)
	return v.quiet < 3 && v.sum.active >= spokenFew && v.sum.change > spoken*n && float32(v.sum.tonal) < tonal*n
}

// background is the power of the background.
func (v *voice) background() (sum float32) {
	for _, dB := range v.floor {
		sum += float32(math.Pow(10, float64(dB)/10))
	}
	return sum * fullSine
}
