package soundtest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tone is a piece of a signal: up to two frequencies together, or silence.
func tone(ms int, hz ...float64) []int16 {
	sound := make([]int16, ms*Rate/1000)
	for i := range sound {
		x := 0.0
		for _, f := range hz {
			x += 6000 * math.Sin(2*math.Pi*f*float64(i)/Rate)
		}
		sound[i] = whole(x)
	}
	return sound
}

func joined(pieces ...[]int16) (all []int16) {
	for _, p := range pieces {
		all = append(all, p...)
	}
	return append(all, tone(200)...)
}

// preamble is a second of HDLC flags (01111110) at 300 bit/s, ones at 1650 Hz, zeros
// at 1850 Hz: ITU-T T.30, 5.3.1 and V.21, channel 2.
func preamble() []int16 {
	sound, phase := tone(1000), 0.0
	for i := range sound {
		hz := 1650.0
		if bit := i * 300 / Rate % 8; bit == 0 || bit == 7 {
			hz = 1850
		}
		phase += 2 * math.Pi * hz / Rate
		sound[i] = whole(6000 * math.Sin(phase))
	}
	return sound
}

// TestDetectors is the positive control: each detector fires at what it is for, and
// nothing at silence, nothing but R2's at noise.
func TestDetectors(t *testing.T) {
	Need(t)
	hiss := make([]int16, 30*Rate)
	for i, x := range white(len(hiss), rand.New(rand.NewPCG(1, 1))) {
		hiss[i] = whole(3000 * x)
	}
	cng := joined(tone(500, 1100), tone(3000), tone(500, 1100))
	for _, c := range []struct {
		name  string
		sound []int16
		fired map[string]int
	}{
		{"silence", tone(30_000), map[string]int{}},
		// R2 is for registers that talk among themselves: nothing guards it.
		{"noise", hiss, map[string]int{"r2-forward": 1}},
		{"DTMF 1 and 5", joined(tone(80, 697, 1209), tone(80), tone(80, 770, 1336)), map[string]int{"dtmf": 2}},
		{"R1 1 between KP and ST", joined(tone(100, 1100, 1700), tone(70), tone(70, 700, 900), tone(70), tone(70, 1500, 1700)), map[string]int{"r1": 3}},
		{"R2 forward 1", joined(tone(200, 1380, 1500)), map[string]int{"r2-forward": 1}},
		{"R2 backward 1", joined(tone(200, 1140, 1020)), map[string]int{"r2-backward": 1}},
		{"a fax calls", cng, map[string]int{"cng": 2}},
		{"a fax answers", joined(tone(3000, 2100)), map[string]int{"ced": 1}},
		{"a fax's preamble", joined(preamble()), map[string]int{"v21": 1}},
		{"a modem calls", joined(tone(600, 1300), tone(2000), tone(600, 1300)), map[string]int{"calling": 2}},
		{"a modem answers", joined(tone(3000, 2225)), map[string]int{"bell-answer": 1}},
		{"SIT, E.180", joined(tone(330, 950), tone(330, 1400), tone(330, 1800)), map[string]int{"sit": 1}},
		{"SIT, no circuit (Bellcore)", joined(tone(380, 985.2), tone(380, 1428.5), tone(380, 1776.7)), map[string]int{"sit": 1}},
		{"SIT, vacant code (Bellcore)", joined(tone(380, 985.2), tone(274, 1370.6), tone(380, 1776.7)), map[string]int{"sit": 1}},
	} {
		fired := Detect(t, c.sound)
		if diff := cmp.Diff(c.fired, fired); diff != "" {
			t.Errorf("%s: detectors that fired (-want +got):\n%s", c.name, diff)
		}
	}
}
