package hear

import (
	"slices"
	"testing"
)

// TestKeysAreNotTold holds keys, of players that run right, too fast and too slow,
// against all that is told and drawn of them.
func TestKeysAreNotTold(t *testing.T) {
	for _, speed := range []float64{0.95, 0.975, 1, 1.025, 1.05} {
		var m made
		for i := range 16 {
			m = m.quiet(150).tone(300, float64(dtmfLow[i/4])*speed, float64(dtmfHigh[i%4])*speed)
		}
		e := New(Options{Picture: true})
		e.Feed(m.quiet(500))
		r := e.Result()
		n := 0
		for _, ev := range r.Events {
			if ev.Kind == Silence {
				continue
			}
			n++
			if ev.Hz != [2]float32{} || !slices.Contains([]string{"A-D", "* or #", "digit", ""}, ev.label()) {
				t.Errorf("speed %g: %s tells of %v %q", speed, ev.Kind, ev.Hz, ev.label())
			}
		}
		if n < 16 {
			t.Errorf("speed %g: %d of 16 keys were heard", speed, n)
		}
		d := r.plan("")
		for x, open := range d.shown() {
			for _, ev := range r.Events {
				if open && ev.Kind != Silence && x+leftEdge > d.x(at(ev.Start))+1 && x+leftEdge < d.x(at(ev.End))-1 {
					t.Fatalf("speed %g: the spectrum of %s at %v is drawn", speed, ev.Kind, at(ev.Start))
				}
			}
		}
	}
}

// TestVoicesBesideACanary has speech before a canary whose beginning is missing, and
// beneath one: none of it is drawn.
func TestVoicesBesideACanary(t *testing.T) {
	token := made{}.canary(0x123456789abc)
	for name, m := range map[string]made{
		"before":  append(made{}.quiet(500).speech(1, 4000), token[len(token)*7/10:]...).quiet(1000),
		"beneath": append(made{}.quiet(4500), token...).quiet(1000),
	} {
		if name == "beneath" {
			for i, x := range (made{}).speech(2, 4000) {
				m[4500*8+i] += x / 2
			}
		}
		e := New(Options{Picture: true})
		e.Feed(m)
		r := e.Result()
		if r.canaries() != 1 {
			t.Errorf("%s: %d canaries", name, r.canaries())
		}
		d, from := r.plan(""), map[string]int{"before": 700, "beneath": 4700}[name]
		for x, open := range d.shown() {
			ms := int(float64(x) / float64(d.wide-leftEdge-rightEdge) * d.seconds * 1000)
			if open && ms > from && ms < from+3600 {
				t.Fatalf("%s: the spectrum at %d ms, where somebody speaks, is drawn; %+v", name, ms, r.Events)
			}
		}
	}
}
