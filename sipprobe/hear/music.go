package hear

// Music goes on: it has few of the pauses that words have, and its strongest
// frequency stands still for longer than a voice's.
const (
	styleFrames = 200  // two seconds of sound before it is told
	standing    = 5    // frames in which the strongest frequency is the same
	lull        = 12   // dB under the loudness of the sound
	musical     = 0.62 // of the score, see musical
)

// style follows a stretch of sound.
type style struct {
	frames, still, lulls int
	loud                 float32 // dB, slowly falling
	peaks                [8]int
}

func (m *style) hear(l *look, active bool) {
	m.peaks[m.frames%len(m.peaks)] = l.peak[0].bin
	m.loud = max(m.loud-0.05, l.level)
	m.frames++
	if l.level < m.loud-lull {
		m.lulls++
		return
	}
	if m.standsStill() {
		m.still++
	}
}

func (m *style) standsStill() bool {
	now := m.peaks[(m.frames-1)%len(m.peaks)]
	for i := 2; i <= standing; i++ {
		if d := m.peaks[(m.frames-i+len(m.peaks))%len(m.peaks)] - now; d > 1 || d < -1 {
			return false
		}
	}
	return true
}

// reset begins a stretch.
func (m *style) reset() { *m = style{loud: -90} }

// score is high for music.
func (m *style) score() float32 {
	n := float32(m.frames)
	return float32(m.still)/n + 0.5*(1-float32(m.lulls)/n)
}
