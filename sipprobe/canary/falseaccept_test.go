package canary_test

import (
	"flag"
	"math/rand/v2"
	"testing"

	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/soundtest"
	"vmaudit/sipprobe/spectrum"
)

var (
	hours    = flag.Float64("hours", 0.3, "how many hours of synthetic speech TestFalseAccepts hears")
	from     = flag.Uint64("from", 0, "the first voice that TestFalseAccepts hears: where an earlier run ended")
	canaries = flag.Int("canaries", 100, "how many canaries TestTriggers plays to a switch's detectors")
)

// anyID draws an identity.
func anyID(dice *rand.Rand) canary.ID { return canary.ID(1 + dice.Uint64N(1<<48-1)) }

// ear is a receiver that knows 10,000 planted identities, and counts what it hears.
type ear struct {
	stream   *spectrum.Stream
	receiver *canary.Receiver
	samples  int
	heard    []canary.Heard
}

func newEar() *ear {
	dice := rand.New(rand.NewPCG(48, 0))
	planted := make([]canary.ID, 10_000)
	for i := range planted {
		planted[i] = anyID(dice)
	}
	e := &ear{}
	e.receiver = canary.New(planted, func(h canary.Heard) { e.heard = append(e.heard, h) })
	e.stream = spectrum.New(e.receiver.Hear)
	return e
}

func (e *ear) hear(sound []int16) {
	e.stream.Feed(sound)
	e.samples += len(sound)
}

func (e *ear) hours() float64 { return float64(e.samples) / soundtest.Rate / 3600 }

// nothing fails if the ear took anything for a canary. Then it plays a real one,
// which must be heard: the ear was awake.
func (e *ear) nothing(t *testing.T, what string) {
	t.Helper()
	e.receiver.Flush()
	for _, h := range e.heard {
		t.Errorf("%s: a canary was heard where there is none: %+v", what, h)
	}
	t.Logf("%-12s %6.2f hours, %d false", what, e.hours(), len(e.heard))
	e.heard = nil
	e.stream.Feed(canary.Token(0x1234))
	e.stream.Feed(make([]int16, soundtest.Rate))
	e.receiver.Flush()
	if len(e.heard) != 1 || e.heard[0].ID != 0x1234 {
		t.Errorf("%s: then a real canary was played, and %+v was heard", what, e.heard)
	}
}

// TestFalseAcceptsRecorded listens to every recording that is there.
func TestFalseAcceptsRecorded(t *testing.T) {
	total := map[string]float64{}
	for _, corpus := range soundtest.Corpora(t) {
		e := newEar()
		corpus.Each(t, func(_ soundtest.Recording, sound []int16) { e.hear(sound) })
		e.nothing(t, corpus.Name)
		total[corpus.Kind] += e.hours()
	}
	t.Logf("hours: %.2f of speech, %.2f of music, %.2f of games", total["speech"], total["music"], total["game"])
}

// TestFalseAcceptsSynthetic listens to three minutes each of voice after voice. It
// says how far it has come, so that another run can go on from there.
func TestFalseAcceptsSynthetic(t *testing.T) {
	soundtest.Need(t)
	e, said := newEar(), 0.0
	for seed := *from; e.hours() < *hours; seed++ {
		voice := soundtest.AnyVoice(t, seed)
		e.hear(voice.Talk(t, 3*voice.Speed, seed))
		if e.hours() >= said+10 {
			said = e.hours()
			t.Logf("%.0f hours, %d false; the next voice is -from %d", said, len(e.heard), seed+1)
		}
	}
	e.nothing(t, "synthetic")
}
