package soundtest

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Channel is a way in which sound gets from a mouth to an ear.
type Channel struct {
	Name string
	// Through returns what arrives. The same sound and seed arrive the same each
	// time; sent stays as it is. It may be called by many goroutines at once.
	Through func(sent []int16, seed uint64) []int16
}

// then is one thing that happens to sound on its way. It may change sound in place.
type then func(sound []int16, dice *rand.Rand) []int16

func channel(name string, steps ...then) Channel {
	return Channel{name, func(sent []int16, seed uint64) []int16 {
		sound := append([]int16(nil), sent...)
		dice := rand.New(rand.NewPCG(seed, 0))
		for _, step := range steps {
			sound = step(sound, dice)
		}
		return sound
	}}
}

// codecs are those of line.c.
var codecs = []string{
	"alaw", "ulaw", "gsm", "g726-32", "g726-24", "g726-16",
	"amr-12.2", "amr-10.2", "amr-7.95", "amr-7.4", "amr-6.7", "amr-5.9", "amr-5.15", "amr-4.75",
	"g729", "opus-6", "speex-8", "codec2-3200", "codec2-2400", "codec2-1300", "lpc10",
}

// Channels returns them all, by name: the codecs, and
//
//	gsm-tandem      coded twice
//	loss-N-HOW      N % of the packets of 20 ms lost: -concealed as spandsp does, -silent,
//	                -bursty (four in a row on average) concealed, -bursty-silent; A-law
//	CODEC-loss-N    lost and concealed as the codec itself does, or spandsp for it
//	splices-N       N % of the packets cut out of the recording, which gets shorter
//	level-25, clipping+20, noise-N, babble-N   dB; see [noisy] for what N is relative to
//	clock+N         the recording runs N % too fast
//	missing-N       the first N % are not there
func Channels(t testing.TB) []Channel {
	t.Helper()
	Need(t)
	list := []Channel{channel("none")}
	for _, name := range codecs {
		list = append(list, channel(name, coded(name, 0, 1, concealed)))
	}
	list = append(list, channel("gsm-tandem", coded("gsm", 0, 1, concealed), coded("gsm", 0, 1, concealed)))
	for _, n := range []float64{5, 10, 20, 40, 60} {
		list = append(list, losses(n)...)
	}
	for _, name := range []string{"gsm", "amr-12.2", "amr-4.75", "g729", "opus-6", "speex-8"} {
		list = append(list, channel(name+"-loss-10", coded(name, 0.10, 1, concealed)))
	}
	return append(list, damages()...)
}

// Named returns the channel of a name.
func Named(t testing.TB, name string) Channel {
	t.Helper()
	for _, c := range Channels(t) {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no channel %q", name)
	return Channel{}
}

func losses(percent float64) []Channel {
	name, rate := fmt.Sprintf("loss-%g", percent), percent/100
	return []Channel{
		channel(name+"-concealed", coded("alaw", rate, 1, concealed)),
		channel(name+"-silent", coded("alaw", rate, 1, silent)),
		channel(name+"-bursty", coded("alaw", rate, 4, concealed)),
		channel(name+"-bursty-silent", coded("alaw", rate, 4, silent)),
	}
}

func damages() (list []Channel) {
	add := func(form string, values []float64, step func(float64) then) {
		for _, v := range values {
			list = append(list, channel(fmt.Sprintf(form, v), step(v)))
		}
	}
	add("splices-%g", []float64{5, 10, 20, 30}, spliced)
	add("level%g", []float64{-25}, louder)
	add("clipping%+g", []float64{20}, louder)
	add("noise%+g", []float64{20, 10, 0, -3, -6, -9, -12, -15, -18}, noisy(white))
	add("babble%+g", []float64{10, 0, -9, -12, -15, -18}, noisy(babble))
	add("clock%+g", []float64{0.5, -0.5, -1}, faster)
	add("missing-%g", []float64{60, 70, 80}, late)
	return list
}
