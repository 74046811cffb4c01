package canary_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/soundtest"
)

// TestTriggers plays canaries to the detectors that listen on a call, as they are
// and through codecs: none may fire, or the switch would take a planted message for
// a key, a fax or a modem. R2's listen between exchanges while a call is set up, and
// all sound sets them off; they are counted, beside speech, and nothing more.
func TestTriggers(t *testing.T) {
	dice, fired := rand.New(rand.NewPCG(4, 0)), map[string]int{}
	channels := []soundtest.Channel{soundtest.Named(t, "none")}
	for _, name := range []string{"alaw", "gsm", "amr-12.2", "amr-4.75", "g729"} {
		channels = append(channels, soundtest.Named(t, name))
	}
	for n := range *canaries {
		token := append(canary.Token(anyID(dice)), make([]int16, soundtest.Rate/2)...)
		through := channels[:1]
		if n%10 == 0 {
			through = channels
		}
		for _, c := range through {
			for detector, times := range soundtest.Detect(t, c.Through(token, 1)) {
				fired[c.Name+" "+detector] += times
			}
		}
	}
	for _, what := range slices.Sorted(maps.Keys(fired)) {
		t.Logf("%s: %d times", what, fired[what])
		if what[len(what)-4:] == "ward" {
			continue
		}
		t.Errorf("%s fired %d times in %d canaries", what, fired[what], *canaries)
	}
}
