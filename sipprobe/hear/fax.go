package hear

// Of ITU-T T.30: the calling tone CNG, 1100 Hz +-38 for 0.5 s each 3.5 s; the
// answer CED, 2100 Hz +-15 for 2.6 to 4 s. V.21 channel 2, 1650 and 1850 Hz in 300
// bits a second, carries what they say next.
const (
	cngHz, cedHz = 1100, 2100
	cedShortest  = 500 // ms: no other tone of 2100 Hz lasts as long
	v21Mark      = 1650
	v21Low       = 1600
	v21High      = 1900
	v21Share     = 0.85
	v21Pure      = 0.95 // share of one bin's peak, which no steady tone is under
	v21Frames    = 25
)

// faxOf returns which tone of a fax it is, by how long it has sounded, or "".
func faxOf(t *run, ms int, ended bool) string {
	switch {
	case t.dual:
		return ""
	case within(t.hz[0], cngHz, 38) && ended && fits(ms, 500):
		return "CNG"
	case within(t.hz[0], cedHz, 20) && ms >= cedShortest:
		return "CED"
	}
	return ""
}
