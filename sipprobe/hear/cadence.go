package hear

import "vmaudit/sipprobe/spectrum"

// progressHz is the frequency of call progress tones in Sweden and most of Europe.
const progressHz = 425

// americanHz is what the North American ringback tone of 440 and 480 Hz beats about.
const americanHz = 460

// tooClose is the difference of frequencies that one spectrum shows as one, Hz.
const tooClose = 60

// cadence is a call progress tone of one system: how long a burst sounds, and the
// silence after it, in ms.
type cadence struct {
	kind    Kind
	system  string
	hz      [2]float32
	on, off int
}

// cadences are ITU-T E.180 Supplement 2 (2003), by country; of two that only the
// silence tells apart the first is taken until it is known.
var cadences = []cadence{
	{Ringback, "Sweden", [2]float32{425}, 1000, 5000},
	{Ringback, "Europe", [2]float32{425}, 1000, 4000},
	{Busy, "Sweden", [2]float32{425}, 250, 250},
	{Congestion, "Sweden", [2]float32{425}, 250, 750},
	{Busy, "Europe", [2]float32{425}, 500, 500},
	{Congestion, "Europe", [2]float32{425}, 200, 200},
	{Ringback, "North America", [2]float32{440, 480}, 2000, 4000},
	{Busy, "North America", [2]float32{480, 620}, 500, 500},
	{Congestion, "North America", [2]float32{480, 620}, 250, 250},
	{Ringback, "United Kingdom", [2]float32{400, 450}, 400, 200},
	{Ringback, "United Kingdom", [2]float32{400, 450}, 400, 2000},
	{Busy, "United Kingdom", [2]float32{400}, 375, 375},
	{Congestion, "United Kingdom", [2]float32{400}, 400, 350},
}

// cadenceOf finds the call progress tone that a burst is of. gap is the silence
// before it in ms, 0 where no such tone was before. Without a second burst it is
// half sure.
func cadenceOf(t *run, ms, gap int) (c *cadence, sure float32) {
	for i := range cadences {
		k := &cadences[i]
		if !fits(ms, k.on) || !t.is(k.hz) {
			continue
		}
		if gap > 0 && fits(gap, k.off) {
			return k, 1
		}
		if c == nil {
			c, sure = k, 0.5
		}
	}
	return c, sure
}

// is reports whether the tone has one or two frequencies. Two that are closer than
// the spectrum can tell apart are one between them that beats.
func (t *run) is(hz [2]float32) bool {
	if d := hz[1] - hz[0]; d > 0 && d < tooClose && !t.dual {
		return within(t.hz[0], (hz[0]+hz[1])/2, 10) && t.beats()
	}
	return within(t.hz[0], hz[0], 12) && within(t.hz[1], hz[1], 12)
}

// fits allows an eighth, and what a frame's spectrum is off by.
func fits(ms, want int) bool {
	d := ms - want
	return max(d, -d) <= max(want/8, 35)
}

// ms is a number of samples in milliseconds.
func ms(samples int64) int { return int(samples * 1000 / spectrum.Rate) }
