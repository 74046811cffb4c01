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
