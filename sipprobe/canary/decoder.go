package canary

import (
	"sync"

	"vmaudit/sipprobe/spectrum"
)

// decoder has the working space that decoding takes: megabytes, which a stream needs
// for milliseconds only.
type decoder struct {
	soft    *soft
	times   times
	trellis trellis
	out     likelihoods
}

// decoders are those at rest.
var decoders = sync.Pool{New: func() any { return &decoder{soft: newSoft()} }}

// listen decodes the token that has that way, from what the ring still has of it,
// and calls read with its likelihoods and quality until that is content; next is the
// frame that comes next.
func (d *decoder) listen(ring *[history][spectrum.Hop]int16, next int, w *way, read func(l *likelihoods, quality float64) bool) {
	begin := max(w.at[0]-margin, next-history+settle, settle)
	end := min(w.at[pilots-1]+margin+1, next)
	for _, e := range d.soft.hear(ring, begin, end, w) {
		d.times.align(e, end-begin, begin, w, &d.out)
		if read(&d.out, e.quality(begin, end, w)) {
			return
		}
	}
}
