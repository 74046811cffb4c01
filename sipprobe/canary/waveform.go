package canary

import (
	"math"

	"vmaudit/sipprobe/spectrum"
)

const (
	amplitude = 0.28 * 32768 // peak: 14 dB below a full-scale sine's power, as speech is
	glide     = 32           // samples, 4 ms, over which the frequency moves to the next tone
	fade      = 160          // samples over which the token begins and ends
)

// Token returns the waveform of an identity: 5.8 s at 8 kHz. Its frequency moves
// between tones without a break (continuous-phase FSK), so that nothing clicks.
func Token(id ID) []int16 {
	seq := sequence(id)
	out := make([]int16, symbols*symbolLen)
	step := func(i int) float64 {
		tone := tones[seq[max(0, min(len(out)-1, i))/symbolLen]]
		return 2 * math.Pi * float64(tone) * spectrum.Step / spectrum.Rate
	}
	sum, phase := 0.0, 0.0
	for i := -glide / 2; i < glide/2; i++ {
		sum += step(i)
	}
	for i := range out {
		phase += sum / glide
		sum += step(i+glide/2) - step(i-glide/2)
		edge := min(1, float64(i)/fade, float64(len(out)-i)/fade)
		out[i] = int16(math.Round(amplitude * edge * math.Sin(phase)))
	}
	return out
}
