package soundtest

import "testing"

// Detectors names spandsp's detectors, in the order of line.c: DTMF digits, R1 and
// R2 digits of either direction, a fax that calls (CNG 1100 Hz) or answers (CED 2100
// Hz), its V.21 preamble, a modem that calls (1300 Hz) or answers (Bell, 2225 Hz),
// and the special information tone. R2's detectors are for registers that talk among
// themselves: nothing guards them, and speech and noise set them off.
var Detectors = []string{"dtmf", "r1", "r2-forward", "r2-backward", "cng", "ced", "v21", "calling", "bell-answer", "sit"}

// Detect returns how often each detector fired at the sound, by name; those that did
// not are not in it.
func Detect(t testing.TB, sound []int16) map[string]int {
	t.Helper()
	Need(t)
	fired := map[string]int{}
	for i, n := range native(sound, nil, "detect") {
		if n != 0 {
			fired[Detectors[i]] = int(n)
		}
	}
	return fired
}
