package hear

// How like a print a part of a trace must be. Two recordings of other words are
// hardly ever 0.3 alike (see TestPrints), and the same words over the worst line
// hardly ever less than 0.45.
const (
	alike     = 0.42
	partAlike = 0.15 // of every part of it
	part      = 30   // steps, 1.8 s
	stir      = 450  // least change of a step of speech: in silence everything is like everything
	shortest  = 9    // steps of a print that is looked for, half a second
)

// match is where a print was found.
type match struct {
	from, to int // in the trace
	like     float32
}

// likeness of a print to the trace from an index on, as far as both go.
func likeness(p Print, trace []change, from int) (like float32, steps int) {
	sum, weight := 0, 0
	for i, w := range p {
		k := from + i*perStep
		if k < 0 {
			continue
		}
		if k >= len(trace) {
			break
		}
		l, n := trace[k].like(w)
		sum, weight, steps = sum+l, weight+n, steps+1
	}
	return float32(sum) / float32(max(weight, stir*steps, 1)), steps
}

// find looks for a whole print in a trace.
func find(p Print, trace []change) (best match) {
	if len(p) < shortest {
		return best
	}
	for from := 0; from+len(p)*perStep <= len(trace)+2*perStep; from++ {
		if like, _ := likeness(p, trace, from); like > best.like {
			best = match{from, from + len(p)*perStep, like}
		}
	}
	return best
}

// needed is the likeness that is believed: a short print is like many things.
func needed(steps int) float32 {
	return max(alike, 0.40+3.4/float32(steps+2))
}

// same compares a print with the part of a trace that should be the same, and
// begins within two seconds of the other's beginning. The part may end early.
func same(p Print, trace []change, from, to int) (ok bool, best match) {
	const slack = 100
	steps := 0
	for o := from - slack; o <= from+slack; o++ {
		like, n := likeness(p, trace[:min(to, len(trace))], o)
		if n >= shortest && like > best.like && n*perStep > (to-from)/2 {
			best, steps = match{o, o + n*perStep, like}, n
		}
	}
	uncovered := max(best.from-from, 0) + max(to-best.to, 0)
	return best.like > needed(steps) && uncovered < slack && evenly(p, trace[:min(to, len(trace))], best.from), best
}

// evenly reports whether every part of a print is like the trace: a greeting to
// which something was added, or in which one part is another's, is not.
func evenly(p Print, trace []change, from int) bool {
	for i := 0; i+part <= len(p); i += part / 2 {
		like, n := likeness(p[i:i+part], trace, from+i*perStep)
		if n == part && like < partAlike && stirred(trace, from+i*perStep) {
			return false
		}
	}
	return true
}

// stirred reports whether there is sound in the part of a trace.
func stirred(trace []change, from int) bool {
	weight := 0
	for k := max(from, 0); k < min(from+part*perStep, len(trace)); k++ {
		_, n := trace[k].like(0)
		weight += n
	}
	return weight > stir*part*perStep
}
