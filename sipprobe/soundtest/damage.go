package soundtest

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"vmaudit/sipprobe/sound"
)

// packet is how many samples a lost packet takes with it: 20 ms, as in RFC 3551.
const packet = Rate / 50

// What becomes of a packet, as line.c counts.
const (
	arrived   = 0
	concealed = 1
	silent    = 2
)

// coded sends sound through a codec, and loses a part of the packets, burst in a
// row on average.
func coded(name string, rate, burst float64, how byte) then {
	return func(sound []int16, dice *rand.Rand) []int16 {
		return native(sound, fates(len(sound)/packet+1, rate, burst, how, dice), "codec", name)
	}
}

// fates draws what becomes of n packets: Gilbert's model of two states, whose bad
// one loses all (E. N. Gilbert, Bell System Technical Journal 39, 1960). With a
// burst of 1 each packet is lost on its own.
func fates(n int, rate, burst float64, how byte, dice *rand.Rand) []byte {
	end := 1 / burst
	begin := end * rate / (1 - rate)
	if burst == 1 {
		begin, end = rate, 1-rate
	}
	list, bad := make([]byte, n), dice.Float64() < rate
	for i := range list {
		if bad {
			list[i] = how
			bad = dice.Float64() >= end
		} else {
			bad = dice.Float64() < begin
		}
	}
	return list
}

// spliced cuts packets out: what a recorder writes that does not wait for the lost.
func spliced(percent float64) then {
	return func(sound []int16, dice *rand.Rand) []int16 {
		kept := sound[:0]
		for len(sound) > 0 {
			n := min(packet, len(sound))
			if dice.Float64()*100 >= percent {
				kept = append(kept, sound[:n]...)
			}
			sound = sound[n:]
		}
		return kept
	}
}

// louder changes the level by so many dB, and clips.
func louder(dB float64) then {
	return func(sound []int16, _ *rand.Rand) []int16 {
		for i, x := range sound {
			sound[i] = whole(float64(x) * ratio(dB))
		}
		return sound
	}
}

// late leaves out the first part.
func late(percent float64) then {
	return func(sound []int16, _ *rand.Rand) []int16 {
		return sound[int(float64(len(sound))*percent/100):]
	}
}

// faster runs the recording too fast, as if the clock of who recorded it was slow.
func faster(percent float64) then {
	return func(in []int16, _ *rand.Rand) []int16 {
		var raw bytes.Buffer
		err := sound.Write(&raw, sound.Form{Name: "l16"}, in)
		if err == nil {
			in, err = read(&raw, sound.Form{Name: "l16", Rate: int(math.Round(Rate * (1 + percent/100)))})
		}
		if err != nil {
			panic(fmt.Errorf("soundtest: a recording that runs %g %% too fast: %w", percent, err))
		}
		return in
	}
}

// loudest is the greatest root mean square of sound and noise together: peaks, which
// are some six times greater, then rarely clip.
const loudest = 0.15 * 32768

// noisy adds noise. The dB are those between the power of the sound where it is not
// silent and that of the noise, both over the whole band to 4 kHz. Where the two
// together would clip, both are lowered first.
func noisy(noise func(n int, dice *rand.Rand) []float64) func(float64) then {
	return func(dB float64) then {
		return func(sound []int16, dice *rand.Rand) []int16 {
			signal := active(sound)
			if signal == 0 {
				return sound
			}
			added := noise(len(sound), dice)
			gain := min(1, loudest/math.Sqrt(signal+signal/ratio(2*dB)))
			level := gain * math.Sqrt(signal) / ratio(dB) / math.Sqrt(power(added))
			for i := range sound {
				sound[i] = whole(gain*float64(sound[i]) + level*added[i])
			}
			return sound
		}
	}
}

func white(n int, dice *rand.Rand) []float64 {
	noise := make([]float64, n)
	for i := range noise {
		noise[i] = dice.NormFloat64()
	}
	return noise
}

// babble is six recorded people who speak at once, equally loud.
func babble(n int, dice *rand.Rand) []float64 {
	noise := make([]float64, n)
	for range 6 {
		person := somebody(n, dice)
		level := math.Sqrt(active(person))
		for i, x := range person {
			noise[i] += float64(x) / max(level, 1)
		}
	}
	return noise
}

// active is the mean square of the packets that are no more than 30 dB weaker than
// the strongest: the pauses of speech do not count.
func active(sound []int16) float64 {
	var powers []float64
	strongest := 0.0
	for at := 0; at < len(sound); at += packet {
		sum := 0.0
		for _, x := range sound[at:min(at+packet, len(sound))] {
			sum += float64(x) * float64(x)
		}
		powers = append(powers, sum/packet)
		strongest = max(strongest, sum/packet)
	}
	sum, n := 0.0, 0.0
	for _, p := range powers {
		if p > 0 && p >= strongest/1000 {
			sum, n = sum+p, n+1
		}
	}
	return sum / max(n, 1)
}

func power(noise []float64) float64 {
	sum := 0.0
	for _, x := range noise {
		sum += x * x
	}
	return max(sum/float64(len(noise)), 1e-12)
}

// ratio is how much greater a sample gets by so many dB.
func ratio(dB float64) float64 { return math.Pow(10, dB/20) }

func whole(x float64) int16 {
	return int16(math.Round(max(math.MinInt16, min(math.MaxInt16, x))))
}

// read returns the samples of a file, at 8 kHz.
func read(file io.Reader, form sound.Form) (all []int16, err error) {
	r, err := sound.Open(file, "", form)
	if err != nil {
		return nil, err
	}
	err = r.Each(func(piece []int16) { all = append(all, piece...) })
	return all, err
}
