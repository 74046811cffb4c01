package hear

// The frequencies of keys, ITU-T Q.23; a receiver takes what is 1.5 % off, ITU-T
// Q.24, and the least length that it takes is 40 ms.
var (
	dtmfLow  = [4]float32{697, 770, 852, 941}
	dtmfHigh = [4]float32{1209, 1336, 1477, 1633}
)

const (
	dtmfOff    = 0.018
	dtmfFrames = 3
)

// dtmfGroup returns which group of keys a tone is of, or "". The key itself is not
// told: it may be of a PIN.
func dtmfGroup(t *run) string {
	row, column := nearest(dtmfLow, t.hz[0]), nearest(dtmfHigh, t.hz[1])
	switch {
	case !t.dual || row < 0 || column < 0:
		return ""
	case column == 3:
		return "A-D"
	case row == 3 && column != 1:
		return "* or #"
	}
	return "digit"
}

// keyLike reports whether a tone is a key's, or that of a key of a player that runs
// too fast or too slow. Its frequencies would tell which.
func (t *run) keyLike() bool {
	return t.dual && t.hz[0] > 640 && t.hz[0] < 1020 && t.hz[1] > 1110 && t.hz[1] < 1770
}

func nearest(of [4]float32, hz float32) int {
	for i, f := range of {
		if within(hz, f, f*dtmfOff) {
			return i
		}
	}
	return -1
}
