package canary

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vmaudit/sipprobe/spectrum"
)

// heardIn listens to pieces of sound.
func heardIn(planted []ID, pieces ...[]int16) (all []Heard) {
	r := New(planted, func(h Heard) { all = append(all, h) })
	s := spectrum.New(r.Hear)
	for _, x := range pieces {
		s.Feed(x)
	}
	s.Flush()
	r.Flush()
	return all
}

func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 42)) }

func anyID(r *rand.Rand) ID { return ID(r.Uint64()>>16 | 1) }

func silence(seconds float64) []int16 { return make([]int16, int(seconds*spectrum.Rate)) }

// noisy returns x with noise of so many dB more power than a token has. It is made
// quieter first, so that nothing clips.
func noisy(r *rand.Rand, x []int16, dB float64) []int16 {
	const quieter = 0.1
	rms := quieter * amplitude / math.Sqrt2 * math.Pow(10, dB/20)
	y := make([]int16, len(x))
	for i, v := range x {
		y[i] = int16(max(-32768, min(32767, quieter*float64(v)+rms*r.NormFloat64())))
	}
	return y
}

// demand fails unless exactly these were heard, in this order, each near its time.
func demand(t *testing.T, what string, got []Heard, want ...Heard) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: heard %v, want %v", what, got, want)
		return
	}
	for i, g := range got {
		if g.ID != want[i].ID || g.Known != want[i].Known || math.Abs(g.At-want[i].At) > 0.1 || g.Quality <= 0 || g.Quality > 1 {
			t.Errorf("%s: heard %+v, want %+v", what, g, want[i])
		}
	}
}

// TestSymbols pins the waveform: tokens that were planted must stay readable.
func TestSymbols(t *testing.T) {
	var b strings.Builder
	for _, id := range []ID{1, 0x123456789abc, 0xffffffffffff} {
		b.WriteString(id.String())
		for _, v := range sequence(id) {
			b.WriteByte(' ')
			b.WriteString(strconv.Itoa(tones[v] * spectrum.Step))
		}
		b.WriteByte('\n')
	}
	want, err := os.ReadFile("testdata/symbols.golden")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("the tones of tokens changed (-want +got):\n%s\nwhole:\n%s", d, b.String())
	}
}

// TestTones: they keep away from what switches and telephones react to, but for
// their tolerances: DTMF, MF, a fax that calls (1100 Hz) or answers (2100), modems,
// special information tones, call progress, and in-band signalling (2400, 2600).
func TestTones(t *testing.T) {
	taken := map[float64]float64{
		697: 18, 770: 18, 852: 20, 941: 20, 1209: 22, 1336: 24, 1477: 26, 1633: 28, 1100: 42, 2100: 110, 2225: 28, 1300: 15,
		950: 20, 1400: 20, 1800: 20, 350: 20, 425: 20, 440: 20, 480: 20, 620: 20, 2400: 20, 2600: 35, 2280: 20, 2750: 20,
	}
	for i, k := range tones {
		f := float64(k * spectrum.Step)
		if i > 0 && k-tones[i-1] < 3 {
			t.Errorf("%v Hz is less than 75 Hz from the tone below", f)
		}
		for other, guard := range taken {
			if math.Abs(f-other) < guard {
				t.Errorf("%v Hz is within %v Hz of %v Hz", f, guard, other)
			}
		}
	}
}

// TestWordsDiffer: a word that has one symbol has 18 in its code, as many as it
// touches; all that have more, in up to 4 in a row, have at least 23. The code is
// linear, so that these are the differences between words too.
func TestWordsDiffer(t *testing.T) {
	for rest := range 1 << 12 {
		u := word{1, byte(rest) & 15, byte(rest>>4) & 15, byte(rest>>8) & 15}
		weight := 0
		for _, v := range u.encode() {
			if v != 0 {
				weight++
			}
		}
		if rest == 0 && weight != 18 || rest != 0 && weight < 23 {
			t.Errorf("%v has %d symbols", u, weight)
		}
	}
}

func TestChecksum(t *testing.T) {
	r := dice(1)
	for range 1000 {
		id := anyID(r)
		u := wordOf(id)
		if got, ok := u.id(); !ok || got != id {
			t.Fatalf("%v became %v, %v", id, got, ok)
		}
		u[r.IntN(info)] ^= byte(1 + r.IntN(15))
		if got, ok := u.id(); ok {
			t.Fatalf("%v, with a symbol changed, is %v", id, got)
		}
	}
	if _, ok := wordOf(0).id(); ok {
		t.Error("0 is an identity")
	}
}

func TestParseID(t *testing.T) {
	if id, err := ParseID("00ab34ef5678"); err != nil || id.String() != "00ab34ef5678" {
		t.Errorf("%v, %v", id, err)
	}
	for _, bad := range []string{"", "000000000000", "1", "00AB34EF5678", "00ab34ef567", "00ab34ef56789", "+0ab34ef5678", "0x0b34ef5678", "00ab_4ef5678"} {
		if _, err := ParseID(bad); err == nil {
			t.Errorf("%q is an identity", bad)
		}
	}
}

func TestEveryAlignment(t *testing.T) {
	id := ID(0xcafe00000001)
	token := Token(id)
	for shift := 0; shift < spectrum.Hop; shift += 7 {
		at := 0.5 + float64(shift)/spectrum.Rate
		demand(t, "shifted", heardIn(nil, silence(at), token, silence(1)), Heard{ID: id, At: at})
	}
}

func TestAnyID(t *testing.T) {
	r := dice(2)
	for range 50 {
		id := anyID(r)
		demand(t, "clean", heardIn(nil, Token(id)), Heard{ID: id})
		demand(t, "in noise", heardIn(nil, noisy(r, append(silence(1), Token(id)...), 12)), Heard{ID: id, At: 1})
	}
}

// TestPieces: how sound is cut into pieces changes nothing.
func TestPieces(t *testing.T) {
	r := dice(3)
	x := noisy(r, append(append(silence(1.3), Token(77)...), silence(2)...), 9)
	want := heardIn(nil, x)
	demand(t, "whole", want, Heard{ID: 77, At: 1.3})
	for _, size := range []func() int{func() int { return 1 }, func() int { return 160 }, func() int { return r.IntN(1000) }} {
		var pieces [][]int16
		for rest := x; len(rest) > 0; {
			n := min(len(rest), size())
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		if d := cmp.Diff(want, heardIn(nil, pieces...)); d != "" {
			t.Errorf("in pieces (-whole +pieces):\n%s", d)
		}
	}
}

func TestSeveral(t *testing.T) {
	a, b := Token(0xa), Token(0xb)
	demand(t, "two", heardIn(nil, silence(1), a, silence(0.3), b), Heard{ID: 0xa, At: 1}, Heard{ID: 0xb, At: 7.1})
	demand(t, "one after the other", heardIn(nil, a, b, a), Heard{ID: 0xa}, Heard{ID: 0xb, At: 5.8}, Heard{ID: 0xa, At: 11.6})
	demand(t, "the same twice", heardIn([]ID{0xa}, a, silence(20), a, silence(20)), Heard{ID: 0xa, Known: true}, Heard{ID: 0xa, At: 25.8, Known: true})
	demand(t, "a part, then the whole", heardIn(nil, a[:4*spectrum.Rate], silence(1), b), Heard{ID: 0xa}, Heard{ID: 0xb, At: 5})
	demand(t, "none", heardIn([]ID{1, 2}, silence(30)))
}

// TestDamage has what a line may do to a token, by generators of our own; codecs are
// in TestChannels.
func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		at     float64
		damage func(r *rand.Rand, token []int16) []int16
	}{
		"spliced": {0, func(r *rand.Rand, x []int16) []int16 { return packets(r, x, 0.15, nil) }},
		"lost":    {0, func(r *rand.Rand, x []int16) []int16 { return packets(r, x, 0.5, make([]int16, 160)) }},
		"fast":    {0, func(_ *rand.Rand, x []int16) []int16 { return faster(x, 1.009) }},
		"slow":    {0, func(_ *rand.Rand, x []int16) []int16 { return faster(x, 0.991) }},
		"middle":  {0, func(_ *rand.Rand, x []int16) []int16 { return x[len(x)*7/10:] }},
		"cut":     {0, func(_ *rand.Rand, x []int16) []int16 { return x[:len(x)*3/10] }},
		"stopped": {0, func(_ *rand.Rand, x []int16) []int16 {
			return append(x[:len(x)*4/10:len(x)*4/10], make([]int16, 9*8000)...)
		}},
		"loud":     {0, func(_ *rand.Rand, x []int16) []int16 { return gain(x, 30) }},
		"quiet":    {0, func(_ *rand.Rand, x []int16) []int16 { return gain(x, 0.003) }},
		"in noise": {0, func(r *rand.Rand, x []int16) []int16 { return noisy(r, x, 14) }},
	} {
		r := dice(4)
		for range 8 {
			id := anyID(r)
			demand(t, name, heardIn(nil, c.damage(r, Token(id))), Heard{ID: id, At: c.at})
		}
	}
}

// packets drops that share of the packets of 20 ms, or has others in their place.
func packets(r *rand.Rand, x []int16, share float64, instead []int16) (y []int16) {
	for ; len(x) >= 160; x = x[160:] {
		if r.Float64() < share {
			y = append(y, instead...)
		} else {
			y = append(y, x[:160]...)
		}
	}
	return y
}

func faster(x []int16, by float64) (y []int16) {
	for at := 0.0; at < float64(len(x)-1); at += by {
		i := int(at)
		part := at - float64(i)
		y = append(y, int16(float64(x[i])*(1-part)+float64(x[i+1])*part))
	}
	return y
}

func gain(x []int16, by float64) []int16 {
	y := make([]int16, len(x))
	for i, v := range x {
		y[i] = int16(max(-32768, min(32767, by*float64(v))))
	}
	return y
}

// TestPlanted: a planted identity is heard where none could be read, and never in
// place of another.
func TestPlanted(t *testing.T) {
	r := dice(5)
	planted := make([]ID, 1000)
	for i := range planted {
		planted[i] = anyID(r)
	}
	for n := range 6 {
		demand(t, "planted", heardIn(planted, noisy(r, append(silence(1), Token(planted[n])...), 16)), Heard{ID: planted[n], At: 1, Known: true})
		stranger := anyID(r)
		demand(t, "not planted", heardIn(planted, Token(stranger)), Heard{ID: stranger})
	}
}

// TestNothingIsHeard in noise, tones, and tones in any order.
func TestNothingIsHeard(t *testing.T) {
	r := dice(6)
	planted := make([]ID, 2000)
	for i := range planted {
		planted[i] = anyID(r)
	}
	noise := noisy(r, silence(600), 0)
	for range 60 {
		token := Token(anyID(r))
		for range symbols {
			i := r.IntN(symbols) * symbolLen
			noise = append(noise, token[i:i+symbolLen]...)
		}
	}
	demand(t, "noise", heardIn(planted, noise))
}

func TestMessage(t *testing.T) {
	preamble := make([]int16, 4*spectrum.Rate)
	x, err := Message(preamble, 5)
	if err != nil || len(x) != 10*spectrum.Rate {
		t.Fatalf("%d samples, %v", len(x), err)
	}
	demand(t, "message", heardIn(nil, x), Heard{ID: 5, At: 4.2})
	if _, err := Message(append(preamble, 0), 5); err == nil || !strings.Contains(err.Error(), "4.0 are left") {
		t.Errorf("a message of more than 10 seconds: %v", err)
	}
}

func TestHearDoesNotAllocate(t *testing.T) {
	s := spectrum.New(New([]ID{1}, func(Heard) {}).Hear)
	x := noisy(dice(7), silence(1), 0)
	if n := testing.AllocsPerRun(20, func() { s.Feed(x) }); n != 0 {
		t.Errorf("%v allocations in a second", n)
	}
}

// FuzzReceiver: any sound in any pieces is heard or not, and a token after it is.
func FuzzReceiver(f *testing.F) {
	token := Token(0x0123456789ab)
	bytes := make([]byte, len(token))
	for i := range token {
		bytes[i] = byte(token[i] >> 8)
	}
	f.Add(bytes, uint16(160))
	f.Add([]byte{0, 255, 128, 127}, uint16(1))
	f.Fuzz(func(t *testing.T, sound []byte, size uint16) {
		var all []Heard
		r := New([]ID{1, 2, 3}, func(h Heard) { all = append(all, h) })
		s := spectrum.New(r.Hear)
		for i := 0; i < len(sound); {
			piece := make([]int16, 0, int(size)+1)
			for ; i < len(sound) && len(piece) <= int(size); i++ {
				piece = append(piece, int16(sound[i])<<8)
			}
			s.Feed(piece)
		}
		s.Feed(silence(3))
		s.Feed(token)
		s.Flush()
		r.Flush()
		if len(all) == 0 || all[len(all)-1].ID != 0x0123456789ab {
			t.Errorf("heard %v, and not the token at the end", all)
		}
	})
}
