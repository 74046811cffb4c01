package hear

// sketch is what a picture is drawn from, of each 20 ms. It stays in memory.
type sketch struct {
	columns []column
	frames  int
}

type column struct {
	level float32 // dBFS, of the louder half
	band  [bands]float32
}

// sketchFrames make a column.
const sketchFrames = 2

func newSketch() *sketch { return &sketch{} }

// hear takes a frame.
func (s *sketch) hear(l *look) {
	if s.frames%sketchFrames == 0 {
		s.columns = append(s.columns, column{l.level, l.band})
	}
	c := &s.columns[len(s.columns)-1]
	c.level = max(c.level, l.level)
	s.frames++
}
