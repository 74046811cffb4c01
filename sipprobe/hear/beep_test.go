package hear

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"vmaudit/sipprobe/soundtest"
	"vmaudit/sipprobe/spectrum"
)

// How much is measured. The figures in docs/hearing.md are of -trials 300 -when long.
var (
	trials = flag.Int("trials", 40, "beeps, or words, on each line")
	when   = flag.String("when", "short", "recordings in which false alarms are counted: short, or long for all")
)

// beeps are those of voicemail systems: Hz, and how long, ms.
var beeps = []struct {
	hz float64
	ms int
}{{700, 425}, {640, 1000}, {1000, 250}, {1400, 500}, {1400, 200}, {850, 400}, {440, 500}, {1000, 100}, {2000, 300}, {525, 160}}

// tested is recordings that nothing was tuned with, cut to pieces of at most so many
// seconds: n of them, from all corpora in turn.
func tested(t testing.TB, n int, seconds int) (pieces [][]int16) {
	corpora := soundtest.Corpora(t, "speech", "test", "short")
	for _, c := range corpora {
		dice := rand.New(rand.NewPCG(uint64(len(c.Name)), 1))
		var some [][]int16
		c.Each(t, func(r soundtest.Recording, x []int16) {
			if len(x) < 2*spectrum.Rate || hasTones(r.Name) || len(some) >= n/len(corpora)+1 {
				return
			}
			k := min(len(x), seconds*spectrum.Rate)
			from := dice.IntN(len(x) - k + 1)
			some = append(some, slices.Clone(x[from:from+k]))
		})
		pieces = append(pieces, some...)
	}
	if len(pieces) < n/2 {
		t.Fatalf("only %d pieces of recordings, want %d", len(pieces), n)
	}
	return pieces
}

// hasTones reports whether a recording is of tones or of nothing, by its name.
func hasTones(name string) bool {
	for _, word := range []string{"beep", "tone", "silence/", "confbridge-join", "confbridge-leave"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// withBeep is speech, a pause, a beep and two seconds of silence.
func withBeep(speech []int16, dice *rand.Rand, hz float64, ms int) (x []int16, start, end int) {
	x = append(slices.Clone(speech), make([]int16, (60+dice.IntN(400))*8)...)
	start, end = len(x), len(x)+ms*8
	x = append(x, make([]int16, ms*8+2*spectrum.Rate)...)
	sine(x[start:end], hz, -12-12*dice.Float64())
	return x, start, end
}

// delay is what codecs add at most, samples.
const delay = 45 * 8

// beepScore is how beeps were heard on one line.
type beepScore struct {
	trials, heard, inTime int
	ends                  []float64 // ms off
}

func (s *beepScore) add(x []int16, start, end int) {
	s.trials++
	told, when := listen(x, true)
	for i, e := range told {
		if e.Kind != Beep || e.Start < int64(start-400) || e.Start > int64(end) {
			continue
		}
		s.heard++
		if e.Open && when[i] <= int64(start+beepTold+delay) {
			s.inTime++
		}
		for _, closed := range told[i:] {
			if closed.Number == e.Number && !closed.Open {
				s.ends = append(s.ends, math.Abs(float64(closed.End-int64(end))/8))
			}
		}
		return
	}
}

// beepLines are lines and how many of a hundred beeps must be heard there.
var beepLines = []struct {
	name string
	want float64
}{
	{"none", 98}, {"alaw", 98}, {"ulaw", 98}, {"gsm", 96}, {"g726-32", 98}, {"g726-16", 98}, {"amr-12.2", 98}, {"amr-7.4", 98}, {"g729", 98}, {"opus-6", 98},
	{"speex-8", 98}, {"level-25", 98}, {"clipping+20", 96}, {"amr-5.15", 90}, {"amr-4.75", 90}, {"loss-10-concealed", 90}, {"loss-10-silent", 90}, {"loss-10-bursty", 90},
	{"amr-12.2-loss-10", 0}, {"amr-4.75-loss-10", 0}, {"g729-loss-10", 0}, {"noise+20", 0}, {"noise+10", 0},
}

// TestBeepsOnLines prints docs/hearing.md's table of beeps.
func TestBeepsOnLines(t *testing.T) {
	soundtest.Need(t)
	pieces := tested(t, *trials, 3)
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w, "| line\t| beeps\t| heard\t| within 120 ms\t| end off by, p95\t|")
	fmt.Fprintln(w, "| ---\t| ---\t| ---\t| ---\t| ---\t|")
	for _, line := range beepLines {
		c := soundtest.Named(t, line.name)
		var s beepScore
		for i, piece := range pieces {
			dice := rand.New(rand.NewPCG(uint64(i), 7))
			x, start, end := withBeep(piece, dice, beeps[i%len(beeps)].hz, beeps[i%len(beeps)].ms)
			s.add(c.Through(x, uint64(i)), start, end)
		}
		heard := 100 * float64(s.heard) / float64(s.trials)
		fmt.Fprintf(w, "| %s\t| %d\t| %.1f %%\t| %.1f %%\t| %.0f ms\t|\n", c.Name, s.trials, heard, 100*float64(s.inTime)/float64(s.trials), percentile(s.ends, 95))
		if s.trials-s.heard > 2+int(float64(s.trials)*(1-line.want/100)) { // of few, two may be chance
			t.Errorf("%s: %.1f %% of %d beeps were heard, want %.0f", c.Name, heard, s.trials, line.want)
		}
	}
	_ = w.Flush() // into memory
	t.Log("\n" + out.String())
}

func percentile(x []float64, p int) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	slices.Sort(x)
	return x[(len(x)-1)*p/100]
}

// TestBeepsOfRecordings finds the beeps that come with Asterisk, in all languages.
func TestBeepsOfRecordings(t *testing.T) {
	n, heard := 0, 0
	for _, c := range soundtest.Corpora(t, "speech", "short") {
		c.Each(t, func(r soundtest.Recording, x []int16) {
			if !strings.HasSuffix(r.Name, "/beep.wav") {
				return
			}
			n++
			for _, e := range hear(append(slices.Clone(x), make([]int16, spectrum.Rate)...)).Events {
				if e.Kind == Beep {
					heard++
				}
			}
		})
	}
	if n == 0 || heard != n {
		t.Errorf("%d of %d recorded beeps were heard", heard, n)
	}
}

// TestFalseBeeps counts what is taken for a beep in speech and music, as a listener
// tells it who has heard a voice before.
func TestFalseBeeps(t *testing.T) {
	wanted := []string{"test"}
	if *when == "short" {
		wanted = append(wanted, "short")
	}
	total, hours := 0, 0.0
	for _, c := range soundtest.Corpora(t, wanted...) {
		if c.Kind == "game" {
			continue
		}
		false0, n := 0, 0
		c.Each(t, func(r soundtest.Recording, x []int16) {
			if hasTones(r.Name) {
				return
			}
			n += len(x)
			told, _ := listen(x, true)
			seen := map[int]bool{}
			for _, e := range told {
				if e.Kind == Beep && !seen[e.Number] {
					seen[e.Number] = true
					t.Logf("%s %s: %v, %v, %.0f Hz", c.Name, r.Name, at(e.Start), e.Length(), e.Hz[0])
				}
			}
			false0 += len(seen)
		})
		h := float64(n) / spectrum.Rate / 3600
		t.Logf("| %s | %s, %s | %.2f h | %d | %.1f an hour |", c.Name, c.Kind, c.Language, h, false0, float64(false0)/h)
		total, hours = total+false0, hours+h
	}
	t.Logf("%d false beeps in %.2f h: %.2f an hour", total, hours, float64(total)/hours)
	if hours < 0.5 || float64(total) > 2*hours+3*math.Sqrt(2*hours) { // the rate is 2 an hour at most, and a count has its chance
		t.Errorf("%d false beeps in %.2f h", total, hours)
	}
}
