package canary_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/soundtest"
	"vmaudit/sipprobe/spectrum"
)

var (
	trials = flag.Int("trials", 2, "canaries that go through each channel; 600 for docs/hearing.md")
	only   = flag.String("channels", "", "only channels whose names have this in them")
)

// aim is the share of canaries that must be read, alone or when it is known which
// were planted.
type aim struct{ blind, known float64 }

// aims of channels which make it hard; all others must let 99.5 % be read blind.
var aims = map[string]aim{
	"noise-15": {0, 0.99}, "noise-18": {0, 0.90},
	"splices-20": {0, 0.99}, "splices-30": {0, 0.90},
	"missing-70": {0, 0.99}, "missing-80": {0, 0.95},
	"codec2-1300": {0.99, 0.99}, "lpc10": {0, 0.60},
}

// result is how many of n canaries were read.
type result struct{ blind, known, wrong, n int }

// TestChannels sends canaries through everything that telephone lines do. With -v it
// prints the table of docs/hearing.md.
func TestChannels(t *testing.T) {
	soundtest.Need(t)
	rows := 0
	for _, c := range soundtest.Channels(t) {
		if !strings.Contains(c.Name, *only) {
			continue
		}
		rows++
		var r result
		for n := range *trials {
			r.add(c, uint64(n))
		}
		fmt.Printf("| %s | %.1f | %.1f | %d | %d |\n", c.Name, percent(r.blind, r.n), percent(r.known, r.n), r.wrong, r.n)
		want, hard := aims[c.Name]
		if !hard {
			want = aim{0.995, 0.995}
		}
		if r.wrong > 0 || short(r.blind, r.n, want.blind) || short(r.known, r.n, want.known) {
			t.Errorf("%s: of %d canaries %d were read blind, %d when planted ones are known, %d wrongly", c.Name, r.n, r.blind, r.known, r.wrong)
		}
	}
	if rows == 0 {
		t.Fatalf("no channel has %q in its name", *only)
	}
}

func percent(of, n int) float64 { return 100 * float64(of) / float64(max(n, 1)) }

// short tells whether fewer were read than chance allows if the aim is met.
func short(read, n int, aim float64) bool {
	missed, allowed := float64(n-read), float64(n)*(1-aim)
	return missed > allowed+3*math.Sqrt(allowed)
}

// add sends one canary among 100 planted ones, at any alignment and at a level of
// down to 10 dB less than it is planted with.
func (r *result) add(c soundtest.Channel, seed uint64) {
	dice := rand.New(rand.NewPCG(seed, 17))
	planted := make([]canary.ID, 100)
	for i := range planted {
		planted[i] = canary.ID(dice.Uint64()>>16 | 1)
	}
	id := planted[dice.IntN(len(planted))]
	sent := canary.Token(id)
	gain := math.Pow(10, -dice.Float64()/2)
	for i := range sent {
		sent[i] = int16(gain * float64(sent[i]))
	}
	before, after := make([]int16, 8000+dice.IntN(800)), make([]int16, 8000)
	var heard []int16
	if strings.HasPrefix(c.Name, "missing") {
		heard = append(append(before, c.Through(sent, seed)...), after...)
	} else {
		heard = c.Through(append(append(before, sent...), after...), seed)
	}
	r.n++
	hear(heard, nil, func(h canary.Heard) { r.count(&r.blind, h.ID == id) })
	hear(heard, planted, func(h canary.Heard) { r.count(&r.known, h.ID == id && h.Known) })
}

func (r *result) count(kind *int, right bool) {
	if right {
		*kind++
	} else {
		r.wrong++
	}
}

// hear listens to the whole of a sound.
func hear(x []int16, planted []canary.ID, each func(canary.Heard)) {
	receiver := canary.New(planted, each)
	stream := spectrum.New(receiver.Hear)
	stream.Feed(x)
	stream.Flush()
	receiver.Flush()
}
