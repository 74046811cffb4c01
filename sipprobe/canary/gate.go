package canary

import (
	"math"

	"vmaudit/sipprobe/spectrum"
)

// history is how many frames the receiver can look back: a token is 580 long, and
// may have been stretched. A power of 2.
const history = 1024

// Slips that the way from one pilot to the next may have, in frames: dropped
// packets make it shorter, jitter buffers and slow clocks longer.
const slipMin, slipMax = -10, 3

// none marks that the way of a pilot's best path begins with it.
const none = math.MaxInt8

// gate finds tokens by their pilots. For each frame and each pilot it keeps the
// score of the best way to have come there through the pilots before, by dynamic
// programming over their times: timing may slip between any two of them.
type gate struct {
	mean  [16]float32              // of each tone's power, over a second and a half
	score [history][pilots]float32 // of the best path that ends with this pilot in this frame
	back  [history][pilots]int8    // the slip since the pilot before, or none
	t     int                      // the next frame
}

// floor is added to each tone's share, so that no single one decides.
const floor = 0.03

// slipCost is what a slip takes from a path's score.
var slipCost = func() (cost [slipMax - slipMin + 1]float32) {
	for i := range cost {
		if d := float64(i + slipMin); d != 0 {
			cost[i] = float32(0.7 + 0.15*math.Abs(d))
		}
	}
	return cost
}()

// hear takes in one frame.
func (g *gate) hear(f *spectrum.Frame) {
	logs := g.logs(f)
	row, back := &g.score[g.t&(history-1)], &g.back[g.t&(history-1)]
	clear(row[:])
	for p := range back {
		back[p] = none
	}
	for d := slipMin; d <= slipMax; d++ {
		before := g.t - pilotHops - d
		if before < 0 {
			continue
		}
		cost, from := slipCost[d-slipMin], &g.score[before&(history-1)]
		for p := 1; p < pilots; p++ {
			if v := from[p-1] - cost; v > row[p] {
				row[p], back[p] = v, int8(d)
			}
		}
	}
	for p, tone := range pilotTones {
		row[p] += logs[tone]
	}
	g.t++
}

// logs returns, for each tone, how much likelier the frame is if it is the one that
// is sent than if none is. Powers are taken relative to each tone's own mean: what
// sounds on steadily, or colours the line, tells nothing.
func (g *gate) logs(f *spectrum.Frame) (logs [16]float32) {
	var power [16]float32
	all := float32(0)
	for i, k := range tones {
		power[i] = f.Power(k) + 1e-12 // means that fade for ever would become slow, denormal numbers
		all += g.mean[i]
	}
	sum := float32(0)
	least := floor*all/16 + 1e-9
	for i, p := range power {
		v := p/(g.mean[i]+least) + 0.03
		logs[i] = v
		sum += v
		g.mean[i] += (p - g.mean[i]) / 150
	}
	scale := 1 / sum
	for i, v := range logs {
		logs[i] = likelihood(v * scale)
	}
	return logs
}

// likelihood returns how much likelier a tone's share is if that tone is sent than
// if nothing is known: a logarithm.
func likelihood(share float32) float32 { return fastLog(share+floor) - baseLog }

var baseLog = float32(math.Log(1.0/16 + floor))

// fastLog is the natural logarithm to about 1e-4, of positive normal numbers.
func fastLog(x float32) float32 {
	bits := math.Float32bits(x)
	exponent := float32(int(bits>>23) - 127)
	m := math.Float32frombits(bits&0x7fffff | 0x3f800000)
	return (exponent + (-1.7417939 + (2.8212026+(-1.4699568+(0.44717955-0.056570851*m)*m)*m)*m)) * math.Ln2
}

// way is when the pilots of a token were.
type way struct {
	at          [pilots]int // frames; of pilots outside of first to last, where they would be
	first, last int         // pilots that the way has
}

// way returns the best way to pilot p in frame t.
func (g *gate) way(p, t int) (w way) {
	w.first, w.last = p, p
	w.at[p] = t
	for w.first > 0 {
		slip := g.back[w.at[w.first]&(history-1)][w.first]
		t := w.at[w.first] - pilotHops - int(slip)
		if slip == none || t <= g.t-history {
			break
		}
		w.first--
		w.at[w.first] = t
	}
	for q := w.first - 1; q >= 0; q-- {
		w.at[q] = w.at[q+1] - pilotHops
	}
	for q := w.last + 1; q < pilots; q++ {
		w.at[q] = w.at[q-1] + pilotHops
	}
	return w
}

// top returns the highest score in frame t, and the pilot it is of.
func (g *gate) top(t int) (score float32, pilot int) {
	for p, v := range g.score[t&(history-1)] {
		if v > score {
			score, pilot = v, p
		}
	}
	return score, pilot
}

// highest tells whether the score of pilot p in frame t is that of no frame nearby.
func (g *gate) highest(p, t int) bool {
	v := g.score[t&(history-1)][p]
	for d := 1; d <= nearby; d++ {
		if g.score[(t-d)&(history-1)][p] >= v || g.score[(t+d)&(history-1)][p] > v {
			return false
		}
	}
	return true
}
