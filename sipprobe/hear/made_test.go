package hear

import (
	"math"
	"math/rand/v2"
	"slices"

	"vmaudit/internal/asterisktest"
	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/spectrum"
)

// made is a sound in the making.
type made []int16

// quiet adds silence.
func (m made) quiet(ms int) made { return append(m, make([]int16, ms*8)...) }

// tone adds a tone of one or two frequencies, each of -15 dBFS.
func (m made) tone(ms int, hz ...float64) made {
	m = m.quiet(ms)
	for _, f := range hz {
		sine(m[len(m)-ms*8:], f, -15)
	}
	return m
}

// times adds the same n times.
func (m made) times(n int, more func(made) made) made {
	for range n {
		m = more(m)
	}
	return m
}

// speech adds made-up speech; other numbers have other words.
func (m made) speech(number uint64, ms int) made {
	for _, x := range asterisktest.Speech(number, at(int64(ms*8))) {
		m = append(m, int16(x*20000))
	}
	return m
}

// noise adds white noise of so many dBFS.
func (m made) noise(ms int, level float64) made {
	dice := rand.New(rand.NewPCG(uint64(ms), 3))
	a := 32768 * math.Pow(10, level/20)
	for range ms * 8 {
		m = append(m, int16(max(-32768, min(32767, a*dice.NormFloat64()))))
	}
	return m
}

// v21 adds the flags of a fax: 300 bits a second, 01111110.
func (m made) v21(ms int) made {
	phase := 0.0
	for i := range ms * 8 {
		hz := 1650.0
		if bit := i * 300 / spectrum.Rate % 8; bit == 0 || bit == 7 {
			hz = 1850
		}
		phase += 2 * math.Pi * hz / spectrum.Rate
		m = append(m, int16(5000*math.Sin(phase)))
	}
	return m
}

// canary adds a canary.
func (m made) canary(id canary.ID) made { return append(m, canary.Token(id)...) }

// faster adds a canary of a player that runs an eighth too fast.
func (m made) faster(id canary.ID) made {
	token := canary.Token(id)
	for i := 0; i*9/8+1 < len(token); i++ {
		a := i * 9 % 8
		m = append(m, int16((int(token[i*9/8])*(8-a)+int(token[i*9/8+1])*a)/8))
	}
	return m
}

// cut makes packets of what was added last silent, the first at a time, ms.
func (m made) cut(from, ms int) made {
	clear(m[from*8:][:ms*8])
	return m
}

// loud amplifies into the limits.
func (m made) loud() made {
	m = slices.Clone(m)
	for i, x := range m {
		m[i] = int16(max(-32768, min(32767, 10*int(x))))
	}
	return m
}
