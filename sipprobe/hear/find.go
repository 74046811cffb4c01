package hear

// How like a print a part of a trace must be. The nearest part of recordings of other
// words is 0.3 like it, seldom 0.5, and the same words over a bad line hardly ever
// less than 0.65 (see TestPrints).
const (
	alike     = 0.42
	partAlike = 0.4 // of every part of it
	firstPart = 0.2 // from which on the parts are followed
	slip      = 12  // of the trace, by which parts may be off: 240 ms
	slack     = 100 // of the trace, by which greetings may begin apart: 2 s
	bare      = 50  // of the trace, that may be said besides: 1 s, of which lines and edges take the most
	part      = 30  // steps, 1.8 s
	stir      = 450 // least change of a step of speech: in silence everything is like everything
	shortest  = 9   // steps of a print that is looked for, half a second
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
	if len(p) >= 2*part && best.like > firstPart && best.like < needed(len(p)) {
		if like, _ := followed(p, trace, best.from); like > best.like {
			best.like = like
		}
	}
	return best
}

// followed is the likeness of a print whose parts may slip against each other, as
// they do where packets were cut out or time was lost, and that of its worst part.
// Parts in which nothing stirs are left out.
func followed(p Print, trace []change, from int) (mean, worst float32) {
	n := 0
	worst = 1
	for i := 0; i < len(p)-part/2; i += part / 2 {
		i = min(i, len(p)-part)
		best, shift := float32(0), 0
		for d := -slip; d <= slip; d++ {
			if like, steps := likeness(p[i:i+part], trace, from+i*perStep+d); steps == part && like > best {
				best, shift = like, d
			}
		}
		if !stirred(trace, from+i*perStep) {
			continue
		}
		if best > alike {
			from += shift
		}
		mean, worst, n = mean+best, min(worst, best), n+1
	}
	if n == 0 {
		return 0, 0
	}
	return mean / float32(n), worst
}

// needed is the likeness that is believed: a short print is like many things.
func needed(steps int) float32 {
	return 0.48 + 2.6/float32(steps+2)
}

// same compares a print with the part of a trace that should be the same, and
// begins within two seconds of the other's beginning. The part may end early. Every
// part of it must be like: a greeting to which something was added, or half of which
// is another's, is not the same.
func same(p Print, trace []change, from, to int) (ok bool, best match) {
	steps := 0
	trace = trace[:min(to, len(trace))]
	for o := from - slack; o <= from+slack; o++ {
		like, n := likeness(p, trace, o)
		if n >= shortest && like > best.like && n*perStep > (to-from)/2 {
			best, steps = match{o, o + n*perStep, like}, n
		}
	}
	worst := float32(1)
	if p = p[:min(steps, len(p))]; len(p) >= part {
		like := float32(0)
		like, worst = followed(p, trace, best.from)
		best.like = max(best.like, like)
	}
	uncovered := max(best.from-from, 0) + max(to-best.to, 0)
	return best.like > needed(steps) && worst > partAlike && uncovered < bare, best
}

// stirred reports whether there is sound in the part of a trace.
func stirred(trace []change, from int) bool {
	weight := 0
	for k := max(from, 0); k < min(from+part*perStep, len(trace)); k++ {
		_, n := trace[k].like(0)
		weight += n
	}
	return weight > stir/2*part*perStep
}
