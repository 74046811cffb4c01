package canary

const (
	margin  = 6 // frames that a symbol may be off the line between its pilots
	offsets = 2*margin + 1

	slipChance = 0.03  // of each slip between two symbols, beside 1 for none
	slipBack   = -5    // frames; the most that may be missing between two symbols
	slipAhead  = 2     // frames; the most that may be added
	offPilot   = 0.3   // a pilot is less likely where its way did not put it
	quiet      = 1e-12 // no time is impossible
)

// times weighs when each symbol is: pilots bind it, and between them packets may
// have been dropped, nobody knows where. It is the forward-backward algorithm over
// how far each symbol is off the line between its pilots.
type times struct {
	line            [symbols]int // the frame that each symbol would be at
	seen            [symbols][offsets]float32
	ahead, backward [symbols][offsets]float32
}

// align returns the likelihoods of the coded symbols, each over all its times.
func (a *times) align(e *shares, frames, begin int, w *way, out *likelihoods) {
	for y := range symbols {
		p, j := y/pilotEvery, y%pilotEvery
		a.line[y] = w.at[p] - begin
		if j > 0 {
			a.line[y] += (w.at[p+1] - w.at[p]) * j / pilotEvery
		}
	}
	a.weigh(e, frames)
	a.pass()
	for y := range symbols {
		if y%pilotEvery != 0 {
			index, add := place(dataIndex(y))
			for i, v := range a.mean(e, frames, y) {
				out[index][byte(i)^add] = likelihood(v)
			}
		}
	}
}

// weigh tells how likely each symbol is at each time, by its own sound only.
func (a *times) weigh(e *shares, frames int) {
	for y := range symbols {
		for o := range offsets {
			t := a.line[y] + o - margin
			switch {
			case t < 0 || t >= frames:
				a.seen[y][o] = 1
			case y%pilotEvery == 0:
				a.seen[y][o] = sharp(e[t][pilotTones[y/pilotEvery]])
				if o != margin {
					a.seen[y][o] *= offPilot
				}
			default:
				sum := float32(0)
				for _, v := range e[t] {
					sum += sharp(v)
				}
				a.seen[y][o] = sum / 16
			}
		}
	}
}

// sharp raises shares to the third power: off its time a symbol's sound is spread
// over two tones.
func sharp(share float32) float32 {
	v := (share + floor) * 16
	return v * v * v
}

// pass weighs each symbol's times by those of the symbols before and after it.
func (a *times) pass() {
	a.ahead[0] = a.seen[0]
	for y := 1; y < symbols; y++ {
		for o := range offsets {
			sum := float32(quiet)
			for q := range offsets {
				sum += a.ahead[y-1][q] * slip(a.line[y]+o-a.line[y-1]-q)
			}
			a.ahead[y][o] = sum * a.seen[y][o]
		}
		normalise(&a.ahead[y])
	}
	for o := range offsets {
		a.backward[symbols-1][o] = 1
	}
	for y := symbols - 2; y >= 0; y-- {
		for o := range offsets {
			sum := float32(quiet)
			for q := range offsets {
				sum += a.backward[y+1][q] * a.seen[y+1][q] * slip(a.line[y+1]+q-a.line[y]-o)
			}
			a.backward[y][o] = sum
		}
		normalise(&a.backward[y])
	}
}

// slip returns how likely a symbol follows the one before after so many frames.
func slip(frames int) float32 {
	switch d := frames - symbolHops; {
	case d == 0:
		return 1
	case d < slipBack || d > slipAhead:
		return 0
	}
	return slipChance
}

func normalise(v *[offsets]float32) {
	sum := float32(0)
	for _, x := range v {
		sum += x
	}
	for i := range v {
		v[i] /= sum
	}
}

// mean returns the shares of symbol y over all its times.
func (a *times) mean(e *shares, frames, y int) (shares [16]float32) {
	var weight [offsets]float32
	for o := range weight {
		weight[o] = a.ahead[y][o] * a.backward[y][o]
	}
	normalise(&weight)
	for o, w := range weight {
		t := a.line[y] + o - margin
		if t < 0 || t >= frames {
			for i := range shares {
				shares[i] += w / 16
			}
			continue
		}
		for i, v := range e[t] {
			shares[i] += w * v
		}
	}
	return shares
}
