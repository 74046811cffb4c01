package canary_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/soundtest"
)

// tally is how often each detector fired at so much sound.
type tally struct {
	fired   map[string]int
	samples int
}

func (c *tally) play(t *testing.T, sound []int16) {
	for detector, times := range soundtest.Detect(t, sound) {
		c.fired[detector] += times
	}
	c.samples += len(sound)
}

// TestTriggers plays canaries to the detectors that listen on a call. None may fire:
// the switch would take a planted message for a key, a fax or a modem. R2's are only
// counted: they listen between exchanges while a call is set up, and speech sets them
// off as well. Every tenth canary is also played through codecs, and so is recorded
// speech, to compare with: what a codec makes of a tone is counted and no more.
func TestTriggers(t *testing.T) {
	var channels []soundtest.Channel
	for _, name := range []string{"none", "alaw", "gsm", "amr-12.2", "amr-4.75", "g729"} {
		channels = append(channels, soundtest.Named(t, name))
	}
	dice, tallies := rand.New(rand.NewPCG(4, 0)), map[string]*tally{}
	play := func(what string, c soundtest.Channel, sound []int16) {
		name := what + ", " + c.Name
		if tallies[name] == nil {
			tallies[name] = &tally{fired: map[string]int{}}
		}
		tallies[name].play(t, c.Through(sound, 1))
	}
	for n := range *canaries {
		token := append(canary.Token(anyID(dice)), make([]int16, soundtest.Rate/2)...)
		play("canaries", channels[0], token)
		for _, c := range channels[1:] {
			if n%10 == 0 {
				play("canaries", c, token)
			}
		}
	}
	for _, corpus := range soundtest.Corpora(t, "speech", "tune", "short") {
		n := 0
		corpus.Each(t, func(_ soundtest.Recording, sound []int16) {
			for _, c := range channels {
				if n < *canaries/2 {
					play("speech", c, sound)
				}
			}
			n++
		})
	}
	for _, name := range slices.Sorted(maps.Keys(tallies)) {
		c := tallies[name]
		t.Logf("%-20s %6.2f hours: %v", name, float64(c.samples)/soundtest.Rate/3600, c.fired)
		for detector, times := range c.fired {
			if (name == "canaries, none" || name == "canaries, alaw") && !strings.HasPrefix(detector, "r2-") {
				t.Errorf("%s: %s fired %d times in %d canaries", name, detector, times, *canaries)
			}
		}
	}
}
