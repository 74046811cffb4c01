package hear

// sitParts are the three tones of the special information tone: ITU-T E.180
// clause 7, 950, 1400 and 1800 Hz, each +-50; the Bellcore variants lie within.
var sitParts = [3]struct{ low, high float32 }{{895, 1005}, {1345, 1455}, {1745, 1855}}

// Of the parts, ms: 330 +-70 by ITU-T E.180, 276 or 380 by Bellcore; at most 30 of
// silence between.
const (
	sitShortest = 240
	sitLongest  = 430
	sitPause    = 60
	sitLong     = 330 // Bellcore: a part is long, or short
)

// bellcore are the variants by whether the first and second part are high and
// whether they are long (Bellcore SR-2275, 6.21): the third is always long.
var bellcore = map[[4]bool]string{
	{false, false, false, false}: "intercept",
	{true, false, true, false}:   "vacant code",
	{false, true, false, true}:   "reorder",
	{true, true, true, true}:     "no circuit",
	{true, true, false, true}:    "reorder, inter-exchange",
	{false, false, true, true}:   "no circuit, inter-exchange",
}

// sit follows the parts.
type sit struct {
	heard int
	start int64
	end   int64
	high  [2]bool
	long  [2]bool
	itu   bool // not of Bellcore's frequencies
}

// hear takes a tone that has ended, and returns whether it was the last part.
func (s *sit) hear(t *run) bool {
	if s.heard > 0 && ms(t.start-s.end) > sitPause {
		s.heard = 0
	}
	length := ms(t.end - t.start)
	if !s.part(t, s.heard) || length < sitShortest || length > sitLongest {
		s.heard = 0
		return false
	}
	if s.heard == 0 {
		s.start, s.itu = t.start, false
	}
	if s.heard < 2 {
		s.high[s.heard] = t.hz[0] > [2]float32{950, 1400}[s.heard]
		s.long[s.heard] = length > sitLong
		s.itu = s.itu || within(t.hz[0], [2]float32{950, 1400}[s.heard], 12)
	}
	s.end = t.end
	if s.heard++; s.heard < 3 {
		return false
	}
	s.heard = 0
	return true
}

func (s *sit) part(t *run, i int) bool {
	return !t.dual && t.hz[0] > sitParts[i].low && t.hz[0] < sitParts[i].high
}

// variant says which system's it was.
func (s *sit) variant() string {
	name, known := bellcore[[4]bool{s.high[0], s.high[1], s.long[0], s.long[1]}]
	if s.itu || !known {
		return "ITU-T"
	}
	return name
}
