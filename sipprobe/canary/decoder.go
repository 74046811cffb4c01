package canary

import "vmaudit/sipprobe/spectrum"

// decoder has the working space that decoding takes, which few streams ever need.
type decoder struct {
	soft    *soft
	times   times
	trellis trellis
	quality float64 // of the token that was listened to last
	out     likelihoods
}

func newDecoder() *decoder { return &decoder{soft: newSoft()} }

// listen returns the likelihoods of the token that has that way, from what the ring
// still has of it; next is the frame that comes next.
func (d *decoder) listen(ring *[history][spectrum.Hop]int16, next int, w *way) *likelihoods {
	begin := max(w.at[0]-margin, next-history+settle, settle)
	end := min(w.at[pilots-1]+margin+1, next)
	e := d.soft.hear(ring, begin, end, w)
	d.quality = e.quality(begin, end, w)
	d.times.align(e, end-begin, begin, w, &d.out)
	return &d.out
}

// read returns the identity whose word is the likeliest that has a right checksum.
func (d *decoder) read(l *likelihoods) (id ID, score float64, ok bool) {
	return d.trellis.read(l)
}
