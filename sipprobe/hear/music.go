package hear

// Music goes on: it has few of the pauses that words have, its strongest frequency
// stands still for longer than a voice's, and its spectrum changes less.
const (
	styleFrames = 200 // two seconds of sound before it is told
	standing    = 5   // frames in which the strongest frequency is the same
	lull        = 12  // dB under the loudness of the sound
	musical     = 1.2 // of the score, which is 0.9 on average for speech and 1.6 for music
)

// style follows a stretch of sound.
type style struct {
	frames, still, lulls int
	active               int
	change, power        float32 // sums over active frames
	loud                 float32 // dB, slowly falling
	peaks                [8]int
}

// hear takes a frame of the stretch.
func (m *style) hear(l *look, active bool, change float32) {
	m.peaks[m.frames%len(m.peaks)] = l.peak[0].bin
	m.loud = max(m.loud-0.05, l.level)
	m.frames++
	if active {
		m.active++
		m.change += change
		m.power += l.total
	}
	if l.level < m.loud-lull {
		m.lulls++
	} else if m.standsStill() {
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
	n := float32(max(m.frames, 1))
	return (float32(m.still)-float32(m.lulls))/n + 1 - 0.15*(m.meanChange()-4)
}

// meanChange is the mean change of the spectrum's shape, dB.
func (m *style) meanChange() float32 { return m.change / float32(max(m.active, 1)) }

// sureness that it is speech or music.
func (m *style) sureness() float32 { return min(max((m.meanChange()-adoption)/2, 0.3), 1) }

// level is the mean, dBFS.
func (m *style) level() float32 {
	return decibel(m.power / float32(max(m.active, 1)) * (0.5 / float32(fullSine)))
}
