package hear

import "vmaudit/sipprobe/spectrum"

// Clipping is told of from so many samples at the limit in 50 ms on, and ends after
// 200 ms without; gaps are digital silence of 10 to 200 ms that begins and ends
// within a step, as a voice never does.
const (
	clipped    = 3
	clipQuiet  = 20
	gapShort   = 1
	gapLong    = 20
	gapSound   = -45 // dBFS on both sides
	cutSamples = 8   // on each side, one of which is loud
	cutLevel   = 300
)

// clips follows clipping.
type clips struct {
	open  bool
	since int // frames
	few   [5]int
	next  int
	start int64
	end   int64
}

// hear takes a frame and returns whether clipping begins or has ended.
func (c *clips) hear(f *spectrum.Frame) (began, ended bool) {
	c.few[c.next] = f.Clipped
	c.next = (c.next + 1) % len(c.few)
	sum := 0
	for _, n := range c.few {
		sum += n
	}
	if f.Clipped > 0 {
		c.since, c.end = 0, f.At
	} else {
		c.since++
	}
	switch {
	case !c.open && sum >= clipped:
		c.open, c.start = true, f.At-int64(len(c.few))*spectrum.Hop
		return true, false
	case c.open && c.since >= clipQuiet:
		c.open = false
		return false, true
	}
	return false, false
}

// gaps follows cut-out sound.
type gaps struct {
	before float32 // level of the hop before, dBFS
	edge   int     // loudest of its last samples
	frames int     // of silence so far
	sure   bool    // it began at once
	start  int64
}

// hear takes a frame and returns the length of a gap that ends with it, in frames.
func (g *gaps) hear(f *spectrum.Frame, level float32) int {
	defer func() { g.before, g.edge = level, loudest(f.Newest[spectrum.Hop-cutSamples:]) }()
	if f.Silent == spectrum.Hop {
		if g.frames == 0 {
			g.start = f.At - spectrum.Hop
			g.sure = g.before > gapSound && g.edge > cutLevel
		}
		g.frames++
		return 0
	}
	n := g.frames
	g.frames = 0
	if g.sure && n >= gapShort && n <= gapLong && level > gapSound && loudest(f.Newest[:cutSamples]) > cutLevel {
		return n
	}
	return 0
}

func loudest(samples []int16) (most int) {
	for _, x := range samples {
		most = max(most, int(x), -int(x))
	}
	return most
}
