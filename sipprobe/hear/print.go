package hear

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"vmaudit/sipprobe/spectrum"
)

// A fingerprint is the signs of changes, after Haitsma and Kalker ("A Highly Robust
// Audio Fingerprinting System", ISMIR 2002), but coarser: each 60 ms, for each of 16
// pairs of neighbouring bands, whether the upper one gained on the lower one within
// 120 ms, each level being the mean of 240 ms. Nothing else is kept: no level, no
// pitch, and nothing as fast as syllables are (see TestWhatPrintsTell).
const (
	stepFrames  = 6 // of a step of a print, 60 ms
	meanFrames  = 24
	lagFrames   = 12
	pairs       = bands - 1
	traceFrames = 2 // of the trace that prints are looked for in, 20 ms
	traceLimit  = 180 * 100 / traceFrames
	softest     = 8 // dB that a change counts at most
)

// Print is a fingerprint, one word for each step of 60 ms; its bit b is the sign of
// the change between the bands b and b+1. It is 33 bytes a second.
type Print []uint16

// longestPrint is where greetings' prints are cut: 60 s, 2,000 bytes. What is longer
// is no healthy greeting.
const longestPrint = 1000

// Length is the sound's.
func (p Print) Length() time.Duration { return at(int64(len(p)) * stepFrames * spectrum.Hop) }

// MarshalText writes the print in base64.
func (p Print) MarshalText() ([]byte, error) {
	raw := make([]byte, 2*len(p))
	for i, w := range p {
		binary.BigEndian.PutUint16(raw[2*i:], w)
	}
	return []byte(base64.StdEncoding.EncodeToString(raw)), nil
}

// UnmarshalText reads what MarshalText writes.
func (p *Print) UnmarshalText(text []byte) error {
	raw, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(raw)%2 != 0 {
		return fmt.Errorf("a print of %d characters is damaged: %v", len(text), err)
	}
	*p = make(Print, len(raw)/2)
	for i := range *p {
		(*p)[i] = binary.BigEndian.Uint16(raw[2*i:])
	}
	return nil
}

// change is what a print has the signs of, at one time; 127 is softest dB.
type change [pairs]int8

// prints makes the trace of a call: the changes of what is heard, each 20 ms. It
// stays in memory.
type prints struct {
	power [meanFrames][bands]float32
	sum   [bands]float32
	past  [lagFrames][pairs]float32 // differences of neighbouring bands, dB
	n     int
	trace []change
}

func (p *prints) init() { p.trace = make([]change, 0, traceLimit) }

// hear takes a frame.
func (p *prints) hear(l *look) {
	slot := &p.power[p.n%meanFrames]
	for b := range slot {
		x := l.below[edges[b+1]] - l.below[edges[b]]
		p.sum[b] = max(p.sum[b]+x-slot[b], 0)
		slot[b] = x
	}
	if p.n%traceFrames == 0 {
		p.step()
	}
	p.n++
}

// step adds to the trace.
func (p *prints) step() {
	old := &p.past[p.n/traceFrames%(lagFrames/traceFrames)]
	var c change
	last := p.dB(0)
	for b := range c {
		next := p.dB(b + 1)
		d := next - last
		c[b] = int8(min(max((d-old[b])*(127/softest), -127), 127))
		old[b], last = d, next
	}
	if len(p.trace) < traceLimit {
		p.trace = append(p.trace, c)
	}
}

func (p *prints) dB(b int) float32 {
	return max(quietBand, decibel(p.sum[b]*(1.0/(meanFrames*fullSine))))
}

// perStep is how many changes of a trace a step of a print has.
const perStep = stepFrames / traceFrames

// index is where in a trace a sample is, at the middle of the means.
func index(sample int64) int {
	return int(sample/spectrum.Hop+meanFrames/2) / traceFrames
}

// sampleOf is the inverse.
func sampleOf(index int) int64 {
	return max(int64(index*traceFrames-meanFrames/2), 0) * spectrum.Hop
}

// printOf is the print of a part of a trace.
func printOf(trace []change) (p Print) {
	for i := 0; i < len(trace) && len(p) < longestPrint; i += perStep {
		p = append(p, trace[i].signs())
	}
	return p
}

func (c *change) signs() (w uint16) {
	for b, d := range c {
		if d > 0 {
			w |= 1 << b
		}
	}
	return w
}

// like is how far the changes go the way the signs say, 1 for all and 0 for half of
// them; weight is how much change there was.
func (c *change) like(w uint16) (like, weight int) {
	for b, d := range c {
		x := int(d)
		weight += max(x, -x)
		if w>>b&1 == 0 {
			x = -x
		}
		like += x
	}
	return like, weight
}
