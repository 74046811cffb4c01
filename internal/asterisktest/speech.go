package asterisktest

import (
	"math"
	"math/rand/v2"
	"time"
)

// Speech returns made-up speech: syllables of noise through two formants. The
// same number gives the same sound, and two numbers give sounds that have
// nothing in common but their kind. Its silences are shorter than a second.
func Speech(number uint64, length time.Duration) []float64 {
	dice := rand.New(rand.NewPCG(number, 0x5eed))
	sound := make([]float64, samples(length))
	for at := 0; at < len(sound); {
		n := min(rate/8+dice.IntN(rate/6), len(sound)-at)
		syllable(dice, sound[at:at+n])
		at += n + rate/50 + dice.IntN(rate/25)
	}
	return scale(sound, 0.4)
}

func syllable(dice *rand.Rand, out []float64) {
	low, high := formant(300+600*dice.Float64()), formant(1000+1800*dice.Float64())
	for i := range out {
		noise := dice.NormFloat64()
		swell := math.Sin(math.Pi * float64(i) / float64(len(out)))
		out[i] = swell * (low(noise) + high(noise)/2)
	}
}

// formant is a resonance at a frequency in Hz, some 250 Hz wide.
func formant(hz float64) func(float64) float64 {
	const radius = 0.9
	a, b := 2*radius*math.Cos(2*math.Pi*hz/rate), -radius*radius
	var y1, y2 float64
	return func(x float64) float64 {
		y1, y2 = x+a*y1+b*y2, y1
		return y1
	}
}

// scale makes the loudest sample as loud as peak.
func scale(sound []float64, peak float64) []float64 {
	loudest := 1e-9
	for _, x := range sound {
		loudest = max(loudest, math.Abs(x))
	}
	for i := range sound {
		sound[i] *= peak / loudest
	}
	return sound
}

func samples(d time.Duration) int { return int(d.Seconds() * rate) }

func seconds(n int) time.Duration { return time.Duration(n) * time.Second / rate }

func duration(seconds float64) time.Duration {
	return time.Duration(seconds*1000) * time.Millisecond
}
