package hear

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vmaudit/sipprobe/spectrum"
)

// listen returns what a listener tells, in its order, and at which sample.
func listen(x []int16, spoken bool) (told []Event, when []int64) {
	var l *Listener
	l = NewListener(func(e Event) { told, when = append(told, e), append(when, l.now) })
	l.spoken = spoken
	s := spectrum.New(l.Hear)
	s.Feed(x)
	s.Flush()
	l.Close()
	return told, when
}

// sine adds a tone to x; its first and last 2 ms are faded, as recordings are.
func sine(x []int16, hz, level float64) {
	a := 32768 * math.Pow(10, (level+3)/20)
	for i := range x {
		fade := min(1, float64(i+1)/16, float64(len(x)-i)/16)
		x[i] += int16(a * fade * math.Sin(2*math.Pi*hz*float64(i)/spectrum.Rate))
	}
}

func hear(x []int16) *Result {
	e := New(Options{})
	e.Feed(x)
	return e.Result()
}

// kinds are the events, but for silence, each with its name where it has one.
func kinds(r *Result) (all []string) {
	for _, e := range r.Events {
		if e.Kind != Silence {
			name := string(e.Kind)
			if e.Of != "" {
				name += " " + e.Of
			}
			all = append(all, name)
		}
	}
	return all
}

// signals are sounds and the events that they are.
var signals = map[string]struct {
	sound made
	want  []string
}{
	"ringback of Sweden":      {made{}.times(2, func(m made) made { return m.tone(1000, 425).quiet(5000) }), []string{"ringback Sweden"}},
	"ringback of Germany":     {made{}.times(2, func(m made) made { return m.tone(1000, 425).quiet(4000) }), []string{"ringback Europe"}},
	"ringback of America":     {made{}.times(2, func(m made) made { return m.tone(2000, 440, 480).quiet(4000) }), []string{"ringback North America"}},
	"busy in Sweden":          {made{}.times(6, func(m made) made { return m.tone(250, 425).quiet(250) }), []string{"busy Sweden"}},
	"busy in Germany":         {made{}.times(4, func(m made) made { return m.tone(480, 425).quiet(480) }), []string{"busy Europe"}},
	"busy in America":         {made{}.times(4, func(m made) made { return m.tone(500, 480, 620).quiet(500) }), []string{"busy North America"}},
	"congestion in Sweden":    {made{}.times(5, func(m made) made { return m.tone(250, 425).quiet(750) }), []string{"congestion Sweden"}},
	"SIT":                     {made{}.quiet(300).tone(330, 950).tone(330, 1400).tone(330, 1800).quiet(1000), []string{"sit ITU-T"}},
	"SIT intercept":           {made{}.quiet(300).tone(274, 913.8).tone(274, 1370.6).tone(380, 1776.7).quiet(1000), []string{"sit intercept"}},
	"SIT no circuit":          {made{}.quiet(300).tone(380, 985.2).tone(380, 1428.5).tone(380, 1776.7).quiet(1000), []string{"sit no circuit"}},
	"SIT vacant code":         {made{}.quiet(300).tone(380, 985.2).tone(274, 1370.6).tone(380, 1776.7).quiet(1000), []string{"sit vacant code"}},
	"SIT reorder":             {made{}.quiet(300).tone(274, 913.8).tone(380, 1428.5).tone(380, 1776.7).quiet(1000), []string{"sit reorder"}},
	"dial tone":               {made{}.quiet(200).tone(3000, 425).quiet(500), []string{"tone"}},
	"dual tone":               {made{}.quiet(200).tone(3000, 350, 440).quiet(500), []string{"tone"}},
	"milliwatt":               {made{}.quiet(200).tone(4000, 1004).quiet(500), []string{"tone"}},
	"beep of Asterisk":        {made{}.speech(1, 1500).quiet(200).tone(425, 700).quiet(1000), []string{"speech", "beep"}},
	"beep of FreeSWITCH":      {made{}.speech(2, 1500).quiet(200).tone(1000, 640).quiet(1000), []string{"speech", "beep"}},
	"beep without a word":     {made{}.quiet(800).tone(250, 1000).quiet(1000), []string{"beep"}},
	"double beep":             {made{}.speech(3, 1500).quiet(200).tone(150, 1400).quiet(100).tone(150, 1400).quiet(1000), []string{"speech", "beep", "beep"}},
	"ringback after speech":   {made{}.speech(4, 1500).quiet(500).tone(1000, 425).quiet(3000), []string{"speech", "ringback Sweden"}},
	"keys":                    {made{}.quiet(300).tone(80, 697, 1209).quiet(80).tone(80, 852, 1477).quiet(80).tone(80, 941, 1209).quiet(500), []string{"dtmf digit", "dtmf digit", "dtmf * or #"}},
	"key D":                   {made{}.quiet(300).tone(100, 941, 1633).quiet(500), []string{"dtmf A-D"}},
	"fax calls":               {made{}.quiet(300).tone(500, 1100).quiet(3000).tone(500, 1100).quiet(800), []string{"fax CNG", "fax CNG"}},
	"fax answers":             {made{}.quiet(300).tone(3000, 2100).quiet(75).v21(1000).quiet(500), []string{"fax CED", "fax V.21"}},
	"speech":                  {made{}.quiet(500).speech(5, 3000).quiet(800), []string{"speech"}},
	"silence":                 {made{}.quiet(3000), nil},
	"comfort noise":           {made{}.noise(4000, -50), []string{"comfort-noise"}},
	"noise":                   {made{}.noise(4000, -25), []string{"comfort-noise"}},
	"clipping":                {made{}.quiet(300).tone(2000, 1004).loud().quiet(800), []string{"clipping", "tone"}},
	"lost packets":            {made{}.tone(3000, 1004).cut(1000, 20).cut(2000, 60), []string{"tone", "gap", "gap"}},
	"canary":                  {made{}.quiet(1000).canary(0x1234567890ab).quiet(1000), []string{"canary 1234567890ab"}},
	"two canaries and speech": {made{}.speech(7, 1500).quiet(500).canary(1).quiet(800).canary(2).quiet(1500), []string{"speech", "canary 000000000001", "canary 000000000002"}},
}

func TestSignals(t *testing.T) {
	for name, s := range signals {
		t.Run(name, func(t *testing.T) {
			r := hear(s.sound)
			if diff := cmp.Diff(s.want, kinds(r)); diff != "" {
				t.Errorf("(-want +got)\n%s%+v", diff, r.Events)
			}
		})
	}
}

// TestLevelAtTheEnd wants the level of a silence that a call ends with.
func TestLevelAtTheEnd(t *testing.T) {
	for level, m := range map[float32]made{-120: made{}.quiet(3000), -50: made{}.noise(3000, -50)} {
		all := hear(m).Events
		if e := all[len(all)-1]; e.Level-level > 2 || level-e.Level > 2 {
			t.Errorf("%s of %v dBFS has a level of %v", e.Kind, level, e.Level)
		}
	}
}

// TestManyEvents joins those of a day that somebody filled with bursts.
func TestManyEvents(t *testing.T) {
	var many []Event
	for i := range int64(500_000) {
		many = append(many, Event{Kind: []Kind{Tone, Gap, Silence}[i%3], Start: 400 * i, End: 400*i + 240})
	}
	if all := joined(many, 400*500_000); len(all) != len(many) {
		t.Errorf("%d of %d events are left", len(all), len(many))
	}
}

// TestEveryKindIsASignal holds the table against the kinds. Music is tested with
// recordings.
func TestEveryKindIsASignal(t *testing.T) {
	for _, k := range Kinds {
		found := k == Music
		for _, s := range signals {
			found = found || slices.ContainsFunc(hear(s.sound).Events, func(e Event) bool { return e.Kind == k })
		}
		if !found {
			t.Errorf("no signal is %s", k)
		}
	}
}

// call is all kinds of sound, one after the other.
func call() []int16 {
	return made{}.tone(1000, 425).quiet(2000).speech(8, 2500).quiet(200).tone(425, 700).quiet(1500).noise(1500, -45).
		tone(80, 697, 1209).quiet(200).speech(9, 1500).loud().quiet(400).tone(1500, 1004).cut(9000, 20).canary(77).quiet(700)
}

func TestPiecesDoNotMatter(t *testing.T) {
	x := call()
	whole := hear(x)
	if len(whole.Events) < 8 {
		t.Fatalf("only %v were heard", kinds(whole))
	}
	dice := rand.New(rand.NewPCG(1, 1))
	for name, size := range map[string]func() int{
		"one": func() int { return 1 }, "20 ms": func() int { return 160 }, "any": func() int { return dice.IntN(3000) },
	} {
		e := New(Options{})
		for rest := x; len(rest) > 0; {
			n := min(size(), len(rest))
			e.Feed(rest[:n])
			rest = rest[n:]
		}
		got := e.Result()
		if diff := cmp.Diff(whole.Events, got.Events); diff != "" || got.Judgement != whole.Judgement || got.Length != whole.Length {
			t.Errorf("pieces of %s: (-whole +pieces)\n%s", name, diff)
		}
	}
}

// Limits of when a listener tells, in samples: of a beep's and of speech's
// beginning, and of any event's end.
const (
	beepTold   = 120 * 8
	speechTold = 1000 * 8
	endTold    = 300 * 8
)

func TestEventsAreToldInTime(t *testing.T) {
	checked := map[Kind]int{}
	for name, s := range signals {
		told, when := listen(append(s.sound.quiet(0), make([]int16, 4000)...), false)
		for i, e := range told {
			late := when[i] - e.End
			if !e.Open && late > endTold {
				t.Errorf("%s: the end of %s at %v is told %v later", name, e.Kind, at(e.End), at(late))
			}
			if !e.Open {
				checked[e.Kind]++
			}
			if limit := map[Kind]int64{Beep: beepTold, Speech: speechTold}[e.Kind]; e.Open && limit > 0 && when[i]-e.Start > limit {
				t.Errorf("%s: %s at %v is told %v later", name, e.Kind, at(e.Start), at(when[i]-e.Start))
			}
		}
	}
	if len(checked) < len(Kinds)-3 {
		t.Errorf("only %v were checked", checked)
	}
}

// TestBeginningsAreRight holds the times that are told against the true ones.
func TestBeginningsAreRight(t *testing.T) {
	for _, b := range beeps {
		start := 2100 * 8
		x := made{}.speech(11, 2000).quiet(100).tone(b.ms, b.hz).quiet(900)
		told, _ := listen(x, false)
		i := slices.IndexFunc(told, func(e Event) bool { return e.Kind == Beep && !e.Open })
		if i < 0 {
			t.Errorf("%v: no beep in %+v", b, told)
			continue
		}
		e := told[i]
		if d := e.Start - int64(start); max(d, -d) > 120 || math.Abs(float64(e.End-int64(start+b.ms*8))) > 240 || math.Abs(float64(e.Hz[0])-b.hz) > 5 {
			t.Errorf("%v: heard from %v to %v at %.0f Hz", b, at(e.Start-int64(start)), at(e.End-int64(start)), e.Hz[0])
		}
	}
}

func TestFramesDoNotAllocate(t *testing.T) {
	x := call()
	l := NewListener(func(Event) {})
	s := spectrum.New(l.Hear)
	if n := testing.AllocsPerRun(20, func() { s.Feed(x) }); n != 0 {
		t.Errorf("%v allocations in %v", n, at(int64(len(x))))
	}
}

func FuzzEar(f *testing.F) {
	f.Add([]byte{}, 1)
	f.Add([]byte{0xFF, 0x7F, 0, 0x80, 1, 2, 3}, 3)
	seed := make([]byte, 0, 64000)
	for _, v := range call()[:32000] {
		seed = append(seed, byte(v), byte(v>>8))
	}
	f.Add(seed, 977)
	f.Fuzz(func(t *testing.T, raw []byte, piece int) {
		x := make([]int16, len(raw)/2)
		for i := range x {
			x[i] = int16(raw[2*i]) | int16(raw[2*i+1])<<8
		}
		e := New(Options{Picture: true, Baseline: &Baseline{Known: []Known{{Name: "a", Role: RolePIN, Print: Print{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}}}})
		for rest := x; len(rest) > 0; {
			n := min(max(piece, 1), len(rest))
			e.Feed(rest[:n])
			rest = rest[n:]
		}
		r := e.Result()
		if !slices.Contains(Judgements, r.Judgement) || len(r.Reasons) == 0 {
			t.Errorf("judgement %q, reasons %q", r.Judgement, r.Reasons)
		}
		for _, ev := range r.Events {
			if ev.Start < 0 || ev.End <= ev.Start || ev.End > int64(len(x)) || ev.Confidence < 0 || ev.Confidence > 1 {
				t.Errorf("of %d samples: %+v", len(x), ev)
			}
		}
	})
}
