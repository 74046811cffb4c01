package canary

import "vmaudit/sipprobe/spectrum"

// Heard is one canary that was heard.
type Heard struct {
	ID      ID
	At      float64 // seconds from the beginning of what was heard to that of its token, at least 0
	From    float64 // seconds to the first of it that was heard: later than At if its beginning is missing
	Quality float64 // 0 to 1: how much of the sound of the known symbols was theirs, on average
	Known   bool    // it is on the list of planted identities
}

const (
	// threshold is the gate's score from which on a token is looked for. Speech
	// comes to it a few times an hour, which costs nothing.
	threshold = 10.5
	// blindThreshold is that score for identities which are on no list.
	blindThreshold = 13
	// knownAbove is by how many standard deviations a planted identity must stand
	// out. Without a canary the best of 10,000 came to 5.4.
	knownAbove = 8.5
	// blindAbove is the same for a word that was found by its checksum.
	blindAbove = 10

	patience = 40 // frames after which a path that got no better has ended
	nearby   = 2  // frames on each side in which a peak is the highest
)

// early are the pilots at which a token is looked for before it has ended, so that
// a call can be hung up in time.
var early = [...]int{18, 27, 36}

// Receiver hears canaries in a stream, several too. It keeps the last ten seconds
// of sound, in memory only.
type Receiver struct {
	each  func(Heard)
	gate  gate
	ring  [history][spectrum.Hop]int16
	known *Planted
	best  peak // of the path that is on its way
	heard []past
}

// peak is a point of the gate's score.
type peak struct {
	score float32
	p, t  int
}

// past is a canary that was reported, and the frame its token began at.
type past struct {
	id    ID
	begin int
}

// New returns a receiver that calls each with every canary, once. It also listens
// for the planted ones; nil: none.
func New(planted *Planted, each func(Heard)) *Receiver {
	if planted == nil {
		planted = new(Planted)
	}
	return &Receiver{each: each, known: planted}
}

// Hear takes in one frame of the stream.
func (r *Receiver) Hear(f *spectrum.Frame) {
	r.ring[r.gate.t&(history-1)] = *f.Newest
	r.gate.hear(f)
	now := r.gate.t - 1
	if v, p := r.gate.top(now); v > r.best.score {
		r.best = peak{v, p, now}
	}
	if at := now - nearby; at >= nearby {
		for _, p := range early {
			if v := r.gate.score[at&(history-1)][p]; v >= threshold && r.gate.highest(p, at) {
				r.try(peak{v, p, at})
			}
		}
	}
	if r.best.score > 0 && now-r.best.t == patience {
		r.Flush()
	}
}

// Flush looks for a token in what was heard so far; to be called at the end.
func (r *Receiver) Flush() {
	if r.best.score >= threshold {
		r.try(r.best)
	}
	r.best = peak{}
}

// try decodes the token that the path to k may be of.
func (r *Receiver) try(k peak) {
	w := r.gate.way(k.p, k.t)
	for _, h := range r.heard {
		if near(h.begin, w.at[0]) {
			return
		}
	}
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	d.listen(&r.ring, r.gate.t, &w, func(l *likelihoods, quality float64) bool {
		id, ok := r.read(d, l, k.score)
		if ok {
			r.report(id, quality, w.at[0], w.at[w.first])
		}
		return ok
	})
}

// read returns the identity that likelihoods are of, if that is sure: a planted one
// that stands out, or any with a right checksum.
func (r *Receiver) read(d *decoder, l *likelihoods, score float32) (ID, bool) {
	mean, deviation := l.spread()
	if id, score := r.known.best(l); score >= mean+knownAbove*deviation {
		return id, true
	}
	if score < blindThreshold {
		return 0, false
	}
	id, sum, ok := d.trellis.read(l)
	return id, ok && sum >= mean+blindAbove*deviation
}

// near tells whether tokens that begin at these frames are one.
func near(a, b int) bool { return max(a-b, b-a) < tokenHops/2 }

func (r *Receiver) report(id ID, quality float64, begin, first int) {
	r.heard = append(r.heard, past{id, begin})
	at := func(frame int) float64 { return max(0, float64((frame-settle)*spectrum.Hop)/spectrum.Rate) }
	r.each(Heard{ID: id, At: at(begin), From: at(first), Quality: quality, Known: r.known.has(id)})
}
