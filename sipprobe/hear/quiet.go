package hear

// How quiet a line is, dBFS: its noise is some -65 dBm0p at most (ITU-T G.123), and
// A-law's idle +-8 is -72.
const (
	silentLevel = -60
	settle      = 20 // frames until a silence is told of
	leaving     = 3  // frames of something else until it has ended
)

// quiet follows silence and noise.
type quiet struct {
	kind    Kind // of the stretch that may have begun
	start   int64
	frames  int
	other   int
	level   float32 // sum of dB
	open    bool
	stopped int64
}

// kindOf is what the frame is when nothing else is: silence, noise, or "".
func quietKind(l *look, sounding bool) Kind {
	switch {
	case l.level < silentLevel && !sounding:
		return Silence
	case sounding:
		return ""
	}
	return ComfortNoise
}

// hear takes a frame, and returns whether an open stretch has ended.
func (q *quiet) hear(l *look, sounding bool) (ended bool) {
	kind := quietKind(l, sounding)
	if kind == q.kind && kind != "" {
		q.other = 0
		q.frames++
		q.level += l.level
		q.stopped = l.at
		return false
	}
	if q.other++; q.other < leaving && q.open {
		return false
	}
	ended = q.open
	if !ended {
		q.begin(l, kind)
	}
	q.open = false
	return ended
}

func (q *quiet) begin(l *look, kind Kind) {
	*q = quiet{kind: kind, start: l.at - 80, frames: 1, level: l.level, stopped: l.at}
}
