package soundtest

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// sustained is what a channel's effect is measured with: a vowel of so many seconds
// without a pause, harmonics of 125 Hz under a formant at 500 Hz.
func sustained(seconds int) []int16 {
	sound := make([]int16, seconds*Rate)
	for i := range sound {
		x := 0.0
		for k := 1.0; k <= 24; k++ {
			x += math.Sin(2*math.Pi*125*k*float64(i)/Rate+k*k) / (1 + math.Pow((k-4)/3, 2))
		}
		sound[i] = whole(2500 * x)
	}
	return sound
}

// at is the power that sound has at a frequency, measured in parts of so many samples.
func at(sound []int16, hz float64, samples int) float64 {
	sum, n := 0.0, 0.0
	for part := range slices.Chunk(sound, samples) {
		re, im := 0.0, 0.0
		for i, x := range part {
			re += float64(x) * math.Cos(2*math.Pi*hz*float64(i)/Rate)
			im += float64(x) * math.Sin(2*math.Pi*hz*float64(i)/Rate)
		}
		sum, n = sum+re*re+im*im, n+1
	}
	return sum / max(n, 1)
}

// TestChannels sees that through every channel the vowel stays audible (its harmonic
// at the formant stands out), that something happens to it, and that the same seed
// does the same again.
func TestChannels(t *testing.T) {
	channels, sent := Channels(t), sustained(20)
	if len(channels) < 60 {
		t.Fatalf("only %d channels", len(channels))
	}
	seen := map[string]bool{}
	for _, c := range channels {
		if seen[c.Name] {
			t.Errorf("%s: there are two of this name", c.Name)
		}
		seen[c.Name] = true
		heard := c.Through(sent, 1)
		least := 10.0
		switch kind, _, _ := strings.Cut(c.Name, "-"); {
		case kind == "codec2" || kind == "lpc10": // pitch in coarse steps
			least = 1.5
		case strings.HasPrefix(kind, "babble") || kind == "noise":
			least = 1.3
		}
		if got := at(heard, 500, Rate/10) / at(heard, 562.5, Rate/10); got < least {
			t.Errorf("%s: the vowel is only %.2f times stronger than what lies beside it", c.Name, got)
		}
		if c.Name != "none" && slices.Equal(heard, sent) {
			t.Errorf("%s: nothing happens", c.Name)
		}
		if !slices.Equal(heard, c.Through(sent, 1)) {
			t.Errorf("%s: the same seed does something else", c.Name)
		}
	}
}

// TestSeeds sees that what is drawn differs from seed to seed.
func TestSeeds(t *testing.T) {
	sent := sustained(2)
	for _, name := range []string{"loss-20-concealed", "g729-loss-10", "splices-10", "noise+0", "babble+0"} {
		c := Named(t, name)
		if slices.Equal(c.Through(sent, 1), c.Through(sent, 2)) {
			t.Errorf("%s: two seeds do the same", name)
		}
	}
}

// TestAtOnce sees that many can use one channel at once.
func TestAtOnce(t *testing.T) {
	c, sent := Named(t, "g729-loss-10"), sustained(2)
	want := c.Through(sent, 7)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if !slices.Equal(c.Through(sent, 7), want) {
				t.Error("at the same time something else arrives")
			}
		})
	}
	all.Wait()
}

// near fails unless got is want within a tolerance.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: measured %.4g, want %.4g ± %g", what, got, want, tolerance)
	}
}

// TestLoss measures which part of the packets is lost, and how many in a row.
func TestLoss(t *testing.T) {
	sent := sustained(400)
	for _, c := range []struct {
		name        string
		lost, burst float64
	}{
		{"loss-5-silent", 0.05, 1 / 0.95},
		{"loss-20-silent", 0.20, 1 / 0.80},
		{"loss-60-silent", 0.60, 1 / 0.40},
		{"loss-20-bursty-silent", 0.20, 4},
		{"loss-60-bursty-silent", 0.60, 4},
	} {
		lost, bursts, packets, before := 0.0, 0.0, 0.0, false
		for part := range slices.Chunk(Named(t, c.name).Through(sent, 1), packet) {
			silent := !slices.ContainsFunc(part, func(x int16) bool { return x != 0 })
			if silent {
				lost++
			}
			if silent && !before {
				bursts++
			}
			before, packets = silent, packets+1
		}
		near(t, c.name+": lost", lost/packets, c.lost, 0.03)
		near(t, c.name+": in a row", lost/bursts, c.burst, 0.15*c.burst)
	}
}

// TestConcealed sees that a concealed packet is not silent (spandsp's plc falls
// silent after 50 ms).
func TestConcealed(t *testing.T) {
	sent := sustained(20)
	for _, name := range []string{"loss-5-concealed", "gsm-loss-10", "amr-12.2-loss-10", "g729-loss-10", "opus-6-loss-10", "speex-8-loss-10"} {
		for part := range slices.Chunk(Named(t, name).Through(sent, 3)[Rate:], packet) {
			if !slices.ContainsFunc(part, func(x int16) bool { return x > 50 }) {
				t.Errorf("%s: a packet is silent", name)
				break
			}
		}
	}
}

// TestNoise measures what is left when the sound is taken out again.
func TestNoise(t *testing.T) {
	sent := sustained(20)
	for name, want := range map[string]float64{"noise+20": 20, "noise+0": 0, "noise-9": -9, "noise-18": -18, "babble+10": 10, "babble-9": -9, "babble-18": -18} {
		heard := Named(t, name).Through(sent, 1)
		var both, own, rest float64
		for i, x := range sent {
			both += float64(x) * float64(heard[i])
			own += float64(x) * float64(x)
		}
		gain, clipped := both/own, 0
		for i, x := range sent {
			d := float64(heard[i]) - gain*float64(x)
			rest += d * d
			if heard[i] == math.MaxInt16 || heard[i] == math.MinInt16 {
				clipped++
			}
		}
		near(t, name, 10*math.Log10(gain*gain*own/rest), want, 0.7)
		if clipped > len(sent)/10_000 {
			t.Errorf("%s: %d of %d samples clip", name, clipped, len(sent))
		}
	}
}

// TestLengthsAndLevels measures the other damages.
func TestLengthsAndLevels(t *testing.T) {
	sent := sustained(100)
	through := func(name string) []int16 { return Named(t, name).Through(sent, 1) }
	long := float64(len(sent))
	for name, want := range map[string]float64{
		"splices-5": 0.95, "splices-30": 0.70, "missing-60": 0.40, "missing-80": 0.20,
		"clock+0.5": 1 / 1.005, "clock-0.5": 1 / 0.995, "clock-1": 1 / 0.99,
	} {
		near(t, name+": length", float64(len(through(name)))/long, want, 0.02*float64(len(name)/9)+0.0002)
	}
	fast := through("clock+0.5")
	if at(fast, 500*1.005, Rate) < 10*at(fast, 500, Rate) {
		t.Error("clock+0.5: 500 Hz did not become 502.5 Hz")
	}
	near(t, "level-25", 10*math.Log10(active(through("level-25"))/active(sent)), -25, 0.1)
	clipped := 0
	for _, x := range through("clipping+20") {
		if x == math.MaxInt16 || x == math.MinInt16 {
			clipped++
		}
	}
	if clipped < len(sent)/10 {
		t.Errorf("clipping+20: only %d of %d samples clip", clipped, len(sent))
	}
}

// TestCodecsDiffer sees that no two codecs are the same one under two names.
func TestCodecsDiffer(t *testing.T) {
	Need(t)
	sent, dice := sustained(2), rand.New(rand.NewPCG(1, 1))
	for i, a := range codecs {
		for _, b := range codecs[:i] {
			if slices.Equal(coded(a, 0, 1, concealed)(sent, dice), coded(b, 0, 1, concealed)(sent, dice)) {
				t.Errorf("%s and %s do the same", a, b)
			}
		}
	}
}
