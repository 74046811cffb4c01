package hear

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/soundtest"
	"vmaudit/sipprobe/spectrum"
)

// fromFirstWord cuts what precedes the first word, and returns the speech's mean
// power while there is any.
func fromFirstWord(x []int16) ([]int16, float64) {
	loudest := 0.0
	power := func(i int) (sum float64) {
		for _, v := range x[i : i+80] {
			sum += float64(v) * float64(v) / 80
		}
		return sum
	}
	for i := 0; i+80 <= len(x); i += 80 {
		loudest = max(loudest, power(i))
	}
	first, sum, n := -1, 0.0, 0
	for i := 0; i+80 <= len(x); i += 80 {
		if p := power(i); p > loudest/300 {
			if first < 0 {
				first = i
			}
			sum, n = sum+p, n+1
		}
	}
	return x[max(first, 0):], sum / float64(max(n, 1))
}

// inNoise is a beep, a second of noise, and speech in the noise, so many dB below
// it. It returns where the speech begins.
func inNoise(speech []int16, snr float64, dice *rand.Rand) (x []int16, start int) {
	speech, power := fromFirstWord(speech)
	gain := 0.05 * 32768 / math.Sqrt(power) // -26 dBFS
	x = made{}.quiet(500).tone(425, 700).quiet(1000 + dice.IntN(500))
	start = len(x)
	for _, v := range speech {
		x = append(x, int16(max(-32768, min(32767, float64(v)*gain))))
	}
	noise := 0.05 * 32768 * math.Pow(10, -snr/20)
	for i := range x {
		x[i] = int16(max(-32768, min(32767, float64(x[i])+noise*dice.NormFloat64())))
	}
	return x, start
}

// TestSpeechAfterBeep prints docs/hearing.md's table of speech.
func TestSpeechAfterBeep(t *testing.T) {
	soundtest.Need(t)
	pieces := tested(t, *trials, 4)
	for _, test := range []struct {
		line string
		snr  float64
		want float64
	}{{"none", 60, 95}, {"none", 20, 95}, {"none", 10, 95}, {"gsm", 20, 95}, {"amr-4.75", 20, 0}, {"g729-loss-10", 20, 0}, {"amr-4.75", 60, 95}, {"g729-loss-10", 60, 95}, {"none", 5, 0}, {"none", 0, 0}} {
		c := soundtest.Named(t, test.line)
		heard := 0
		for i, piece := range pieces {
			x, start := inNoise(piece, test.snr, rand.New(rand.NewPCG(uint64(i), 5)))
			told, when := listen(c.Through(x, uint64(i)), true)
			if slices.ContainsFunc(told, func(e Event) bool {
				k := slices.IndexFunc(told, func(o Event) bool { return o.Number == e.Number })
				return e.Kind == Speech && when[k] > int64(start) && when[k] <= int64(start+speechTold+delay)
			}) {
				heard++
			}
		}
		share := 100 * float64(heard) / float64(len(pieces))
		t.Logf("| %s, speech %g dB over white noise | %d | %.1f %% |", c.Name, test.snr, len(pieces), share)
		if share < test.want {
			t.Errorf("speech is heard within a second in %.1f %%, want %.0f", share, test.want)
		}
	}
}

// noSpeech are sounds that are none, of a minute each.
var noSpeech = map[string]func(dice *rand.Rand) made{
	"white noise": func(dice *rand.Rand) made { return made{}.noise(60000, -55+40*dice.Float64()) },
	"noise that comes and goes": func(dice *rand.Rand) (m made) {
		return m.times(20, func(m made) made { return m.noise(500+dice.IntN(2500), -50+30*dice.Float64()).quiet(dice.IntN(1500)) })
	},
	"comfort noise": func(dice *rand.Rand) made { return coloured(dice, 60, -62+20*dice.Float64()) },
	"tones": func(dice *rand.Rand) (m made) {
		return m.times(20, func(m made) made {
			return m.tone(200+dice.IntN(3000), 300+2500*dice.Float64(), 300+2500*dice.Float64()).quiet(dice.IntN(1500))
		})
	},
	"keys": func(dice *rand.Rand) (m made) {
		return m.times(200, func(m made) made {
			return m.tone(60+dice.IntN(200), float64(dtmfLow[dice.IntN(4)]), float64(dtmfHigh[dice.IntN(4)])).quiet(40 + dice.IntN(200))
		})
	},
	"canaries": func(dice *rand.Rand) (m made) {
		return m.times(8, func(m made) made { return m.canary(canary.ID(dice.Uint64() >> 16)).quiet(dice.IntN(3000)) })
	},
	"call progress": func(dice *rand.Rand) made {
		return made{}.times(4, func(m made) made { return m.tone(1000, 425).quiet(5000) }).times(40, func(m made) made { return m.tone(250, 425).quiet(250) }).
			times(3, func(m made) made { return m.tone(2000, 440, 480).quiet(4000) })
	},
}

// coloured is noise of a tilted spectrum, as of comfort noise (RFC 3389), whose
// level changes a little every 100 to 400 ms.
func coloured(dice *rand.Rand, seconds int, level float64) (m made) {
	y, gain := 0.0, 1.0
	for i := range seconds * spectrum.Rate {
		if i%(800+dice.IntN(2400)) == 0 {
			gain = math.Pow(10, (dice.Float64()-0.5)*0.1)
		}
		y = 0.7*y + 0.71*dice.NormFloat64()
		m = append(m, int16(max(-32768, min(32767, y*gain*32768*math.Pow(10, level/20)))))
	}
	return m
}

// TestFalseSpeech counts how often sounds that are none are told as speech.
func TestFalseSpeech(t *testing.T) {
	for name, make := range noSpeech {
		n, length := 0, 0
		for i := range *trials / 4 {
			x := make(rand.New(rand.NewPCG(uint64(i), 17)))
			length += len(x)
			told, _ := listen(x, true)
			for _, e := range told {
				if e.Open && (e.Kind == Speech || e.Kind == Music) {
					n++
				}
			}
		}
		hours := float64(length) / spectrum.Rate / 3600
		t.Logf("| %s | %.2f h | %d | %.1f an hour |", name, hours, n, float64(n)/hours)
		if float64(n) > hours+1 {
			t.Errorf("%s: %d times in %.2f h", name, n, hours)
		}
	}
}

// speechIn reports whether speech is told of.
func speechIn(x []int16) bool {
	told, _ := listen(x, true)
	return slices.ContainsFunc(told, func(e Event) bool { return e.Kind == Speech })
}

// TestSpeechAtCanaries: canaries that follow one another after any pause are no
// speech, and hide none right after them.
func TestSpeechAtCanaries(t *testing.T) {
	for id := range canary.ID(12) {
		one := made{}.canary(id)
		for ms := 0; ms < 200; ms += 10 {
			if speechIn(slices.Clone(one).quiet(ms).canary(id + 1)) {
				t.Errorf("canary %s and another after %d ms are told as speech", id, ms)
			}
		}
		if !speechIn(slices.Clone(one).speech(uint64(id), 1500)) {
			t.Errorf("speech right after canary %s is not told", id)
		}
	}
}

// TestSpeechOverCanaries: a canary as loud as the speech that it sounds over does not
// hide it.
func TestSpeechOverCanaries(t *testing.T) {
	for i, piece := range tested(t, *trials, 5) {
		x, power := fromFirstWord(piece)
		token := canary.Token(canary.ID(i))
		_, loud := fromFirstWord(token)
		gain := math.Sqrt(power / loud)
		for k := range x {
			x[k] = int16(max(-32768, min(32767, float64(x[k])+gain*float64(token[k]))))
		}
		if !speechIn(x) {
			t.Errorf("speech over canary %d is not told", i)
		}
	}
}
