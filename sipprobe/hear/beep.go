package hear

import "math"

// A record beep: a single tone of 400 to 2,000 Hz and 80 ms to 1.5 s, as voicemail
// systems have it (Asterisk 700 Hz 425 ms, FreeSWITCH 640 Hz 1 s, others 1000 Hz
// 250 ms or 1400 Hz), that begins out of something quieter and neither wavers nor
// swells, which tells it from a voice and from music.
const (
	beepLow, beepHigh = 390, 2010 // Hz, with what a frame's spectrum is off by
	shortestBeep      = 65        // ms: 80, and what its ends are off by
	longestBeep       = 1530
	beepFrames        = 7  // pure frames until it is told of, 110 ms after its onset
	melody            = 2  // tones in the two seconds before that make it one of music
	beepLatest        = 25 // and until which it still may be: some lines lose much
)

// beepSure is the score from which on a tone is a beep. The weights of the score are
// a logistic regression over tones at 8, 12 and 18 frames: of beeps on sixteen lines
// after speech, and of all tones in recordings of speech and music, those that are
// marked tune in soundtest's list. That low tones count for less was set by hand,
// and the score too, after false alarms in single words and electronic music.
const beepSure = 0.7

// A vowel or a note may stand as still as a beep for some 60 ms, and moves then. So
// the score must be higher by doubt for each frame that a tone has less than
// doubtFrames.
const (
	doubt       = 0.25
	doubtFrames = 12
)

// beepScore tells by how a tone has sounded until now how likely it is a beep.
func (t *run) beepScore() float32 {
	hz2, dB2, dirt := t.inner.of()
	return -1.32*ln(dirt+0.003) - 0.42*ln(hz2+0.3) - 0.51*ln(dB2+0.05) +
		0.191*min(t.step(), 50) - 0.0225*max(680-t.hz[0], 0) +
		0.177*float32(min(t.frames, 18)) - 12.22
}

func ln(x float32) float32 { return float32(math.Log(float64(x))) }

// beepLike reports whether a tone is like a record beep, as far as it has been
// heard. A listener who has heard nothing yet but tones takes what may be call
// progress, a special information tone or a fax for that.
func (t *run) beepLike(spoken bool) bool {
	hz := t.hz[0]
	switch {
	case t.dual || hz < beepLow || hz > beepHigh || within(hz, progressHz, 12):
		return false
	case within(hz, americanHz, 15) && t.beats():
		return false
	case within(hz, v21Mark, 40) && t.sureness() < v21Pure:
		return false
	case !spoken && (within(hz, cngHz, 38) || hz > sitParts[0].low && hz < sitParts[0].high):
		return false
	}
	return t.beepScore() > beepSure+doubt*float32(max(0, doubtFrames-t.frames))
}

func within(hz, of, by float32) bool { return hz-of < by && of-hz < by }
