package hear

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"vmaudit/sipprobe/soundtest"
	"vmaudit/sipprobe/spectrum"
)

// traceOf is the trace that prints are looked for in.
func traceOf(x []int16) []change {
	l := NewListener(func(Event) {})
	s := spectrum.New(l.Hear)
	s.Feed(x)
	s.Flush()
	return l.prints.trace
}

// TestPrints prints docs/hearing.md's table: how like a recording is to itself after
// a line, found in a longer one, and to the nearest part of others.
func TestPrints(t *testing.T) {
	soundtest.Need(t)
	all := tested(t, *trials, 6)
	var known []Print
	for _, x := range all {
		known = append(known, printOf(traceOf(x)))
	}
	for _, line := range []string{"none", "gsm", "amr-12.2", "amr-4.75", "g729", "g729-loss-10", "loss-20-silent", "noise+10", "level-25", "opus-6", "codec2-1300", "splices-5", "clock+0.5"} {
		c := soundtest.Named(t, line)
		missed, placed, wrong, compared := 0, 0, 0, 0
		var likes, others []float64
		for i, x := range all {
			lead := 8000 + 731*i
			trace := traceOf(c.Through(append(make([]int16, lead), append(slices.Clone(x), make([]int16, 8000)...)...), uint64(i)))
			m := find(known[i], trace)
			likes = append(likes, float64(m.like))
			if m.like < needed(len(known[i])) {
				missed++
			}
			if off := sampleOf(m.from) - int64(lead); max(off, -off) < 2400 {
				placed++
			}
			for j := 1; j < 8; j++ {
				k := (i + 5*j) % len(all)
				if k == i {
					continue
				}
				other := find(known[k], trace)
				others = append(others, float64(other.like))
				compared++
				if other.like >= needed(len(known[k])) {
					wrong++
				}
			}
		}
		t.Logf("| %s | %d | %.1f %% | %.2f | %d of %d | %.2f |", line, len(all), 100-100*float64(missed)/float64(len(all)), percentile(likes, 5), wrong, compared, percentile(others, 100))
		if float64(missed) > 0.05*float64(len(all)) && line != "splices-5" || wrong > 0 {
			t.Errorf("%s: %d of %d are not known again, %d of %d others are taken for one", line, missed, len(all), wrong, compared)
		}
	}
}

func TestGreetings(t *testing.T) {
	greet := func(parts ...uint64) *Result {
		m := made{}.quiet(300)
		for _, p := range parts {
			m = m.speech(p, 2500)
		}
		return hear(m.quiet(200).tone(425, 700).quiet(2500))
	}
	b := &Baseline{}
	for name, parts := range map[string][]uint64{"4101": {1, 2}, "4102": {3, 2}, "4103": {1, 4}} {
		k, ok := greet(parts...).LearnGreeting(name)
		if !ok {
			t.Fatalf("no greeting of %s", name)
		}
		b.Add(k)
	}
	for _, test := range []struct {
		parts     []uint64
		is, of    string
		judgement Judgement
	}{
		{[]uint64{1, 2}, GreetingSame, "4101", GreetingBeepSilence},
		{[]uint64{3, 2}, GreetingAnother, "4102", Unknown}, // half of it is the same
		{[]uint64{1, 4}, GreetingAnother, "4103", Unknown},
		{[]uint64{5, 2}, GreetingOther, "", Unknown},
		{[]uint64{1, 6}, GreetingOther, "", Unknown},
		{[]uint64{7}, GreetingOther, "", Unknown},
		{[]uint64{1, 2, 8}, GreetingOther, "", Unknown}, // something is added
	} {
		e := New(Options{Baseline: b, Name: "4101"})
		m := made{}.quiet(1700) // it rang longer
		for _, p := range test.parts {
			m = m.speech(p, 2500)
		}
		e.Feed(m.quiet(200).tone(425, 700).quiet(2500))
		r := e.Result()
		if r.Greeting.Is != test.is || r.Greeting.Of != test.of || r.Judgement != test.judgement || r.Suspicious() != (test.is != GreetingSame) {
			t.Errorf("%v: %s of %q (%.2f), %s %q; want %s of %q", test.parts, r.Greeting.Is, r.Greeting.Of, r.Greeting.Likeness, r.Judgement, r.Reasons, test.is, test.of)
		}
	}
}

func TestPrintsAreSmall(t *testing.T) {
	x := made{}.quiet(200)
	for i := range uint64(35) {
		x = x.speech(i, 2000)
	}
	k, ok := hear(x.tone(425, 700).quiet(2000)).LearnGreeting("4101")
	text, err := k.Print.MarshalText()
	if !ok || err != nil || 2*len(k.Print) != 2000 {
		t.Fatalf("70 s of greeting are %d bytes: %v", 2*len(k.Print), err)
	}
	var again Print
	if err := again.UnmarshalText(text); err != nil || !slices.Equal(again, k.Print) {
		t.Errorf("a print does not come back: %v", err)
	}
	for _, bad := range []string{"AAAA", "!", "AA=="} {
		if again.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q is taken for a print", bad)
		}
	}
}

// modulation is the levels of the bands as they go up and down, 50 times a second,
// dB, without what is slower than a second: what a listener knows words by.
func modulation(x []int16) (m [][bands]float64) {
	var slow [bands]float64
	n := 0
	var l look
	s := spectrum.New(func(f *spectrum.Frame) {
		if n++; n%2 != 0 {
			return
		}
		l.see(f)
		var c [bands]float64
		for b := range c {
			dB := float64(l.band[b])
			slow[b] += (dB - slow[b]) / 50
			c[b] = dB - slow[b]
		}
		m = append(m, c)
	})
	s.Feed(x)
	return m
}

// rebuilt is the best that can be made of a print: each band goes up or down against
// its neighbour, as the sign says, by the mean change there is; what all bands do
// together is in no sign, and is taken from nowhere.
func rebuilt(p Print, frames int) (m [][bands]float64) {
	m = make([][bands]float64, frames)
	var sum [bands]float64
	for i := range m {
		step := i / perStep
		if step >= len(p) {
			break
		}
		rel, mean := [bands]float64{}, 0.0
		for b := range pairs {
			sign := 2*float64(p[step]>>b&1) - 1
			rel[b+1] = rel[b] + sign
			mean += rel[b+1] / bands
		}
		for b := range rel {
			sum[b] = 0.9*sum[b] + (rel[b] - mean)
			m[i][b] = sum[b]
		}
	}
	return m
}

func correlation(a, b [][bands]float64) float64 {
	var ab, aa, bb float64
	for i := range min(len(a), len(b)) {
		for k := range bands {
			ab, aa, bb = ab+a[i][k]*b[i][k], aa+a[i][k]*a[i][k], bb+b[i][k]*b[i][k]
		}
	}
	return ab / math.Sqrt(aa*bb+1e-9)
}

// TestWhatPrintsTell measures how much of speech can be made again of a print: of
// the changes of the bands' levels, which intelligible speech needs nine tenths of.
func TestWhatPrintsTell(t *testing.T) {
	soundtest.Need(t)
	var shares, control []float64
	for i, x := range tested(t, *trials, 6) {
		m := modulation(x)
		best := 0.0
		again := rebuilt(printOf(traceOf(x)), len(m))
		for lead := range 16 { // whatever delay fits best
			best = max(best, correlation(m[lead:], again), correlation(m, again[lead:]))
		}
		shares = append(shares, best*best)
		noisy := make([]int16, len(x)) // speech that is hard to understand still has more
		dice := rand.New(rand.NewPCG(uint64(i), 2))
		_, power := fromFirstWord(x)
		for k, v := range x {
			noisy[k] = int16(max(-32768, min(32767, float64(v)+math.Sqrt(power)*dice.NormFloat64())))
		}
		r := correlation(m, modulation(noisy))
		control = append(control, r*r)
	}
	t.Logf("of the variance of the bands' levels a print tells %.0f %% (median), %.0f %% (at most); speech in noise as loud as itself has %.0f %% (median)",
		100*percentile(shares, 50), 100*percentile(shares, 100), 100*percentile(control, 50))
	if percentile(shares, 100) > 0.25 || percentile(control, 50) < 2*percentile(shares, 50) {
		t.Error("a print tells too much, or the measure measures nothing")
	}
}
