package hear

import (
	"cmp"
	"slices"
	"time"
)

// Greeting says how what was heard before the beep compares with the baseline.
type Greeting struct {
	Is        string  // same, other, default, another's or unknown
	Of        string  // whose: the name in the baseline; "": nobody's
	Likeness  float32 // to that, or to the one it should be
	Number    bool    // a number or a name was read out in the system's greeting
	From, To  time.Duration
	wanted    string // the name in the baseline
	unlearned bool   // there is a baseline, and it has no greeting of that name
	differs   bool   // from what the baseline has of that name
}

// What a greeting is.
const (
	GreetingSame    = "same"
	GreetingOther   = "other"
	GreetingDefault = "default"
	GreetingAnother = "another's"
	GreetingUnknown = "unknown" // there is nothing to compare with
)

// Prompt is a known prompt that was heard.
type Prompt struct {
	Name     string
	Role     Role
	From, To time.Duration
	Likeness float32
	span
}

// greetingSpan is what was said before the first beep, or in all.
func (r *Result) greetingSpan() (s span, ok bool) {
	for _, v := range r.voices {
		if len(r.beeps) > 0 && v.from >= r.beeps[0].from {
			break
		}
		if !ok {
			s.from = v.from
		}
		s.to, ok = v.to, true
	}
	if ok && len(r.beeps) > 0 {
		s.to = min(s.to, r.beeps[0].from)
	}
	return s, ok
}

// findPrompts finds the known prompts, wherever they are.
func (r *Result) findPrompts(b *Baseline) {
	r.collect()
	if b == nil {
		return
	}
	for _, k := range b.Known {
		if k.Role == RoleGreeting {
			continue
		}
		for from := 0; ; {
			m := find(k.Print, r.print[from:])
			if m.like < needed(len(k.Print)) {
				break
			}
			s := span{sampleOf(from + m.from), sampleOf(from + m.to)}
			r.Prompts = append(r.Prompts, Prompt{k.Name, k.Role, at(s.from), at(s.to), m.like, s})
			from += m.to
			if from >= len(r.print) {
				break
			}
		}
	}
	slices.SortFunc(r.Prompts, func(a, b Prompt) int { return cmp.Compare(a.from, b.from) })
}

// collect notes the voices and beeps among the events.
func (r *Result) collect() {
	for _, e := range r.Events {
		s := span{e.Start, e.End}
		switch {
		case e.Kind == Speech || e.Kind == Music:
			r.voices = append(r.voices, s)
		case e.Kind == Beep && len(r.beeps) > 0 && s.from-r.beeps[len(r.beeps)-1].to < 8000/2:
			r.beeps[len(r.beeps)-1].to = s.to // a double beep
		case e.Kind == Beep:
			r.beeps = append(r.beeps, s)
		}
	}
}

// findGreeting compares the greeting with the baseline.
func (r *Result) findGreeting(b *Baseline, name string) {
	g := &r.Greeting
	g.Is, g.wanted = GreetingUnknown, name
	s, ok := r.greetingSpan()
	if !ok {
		return
	}
	g.From, g.To = at(s.from), at(s.to)
	if b == nil {
		return
	}
	from, to := index(s.from), index(s.to)
	own := b.greeting(name)
	if own != nil {
		yes, m := same(own.Print, r.print, from, to)
		if g.Likeness = m.like; yes {
			g.Is, g.Of = GreetingSame, name
			return
		}
		g.Is, g.differs = GreetingOther, true
	}
	if r.byPrompts(s) {
		g.Is = GreetingDefault
		return
	}
	r.another(b, name, from, to)
	g.unlearned = g.Is == GreetingUnknown && own == nil && name != ""
}

// another looks for the greeting among those of all mailboxes.
func (r *Result) another(b *Baseline, name string, from, to int) {
	for _, k := range b.Known {
		if k.Role != RoleGreeting || k.Name == name {
			continue
		}
		if yes, m := same(k.Print, r.print, from, to); yes && m.like > r.Greeting.Likeness {
			r.Greeting.Is, r.Greeting.Of, r.Greeting.Likeness = GreetingAnother, k.Name, m.like
		}
	}
}

// Of the system's own greeting: how long the number or the name may be that is read
// out between two of its prompts, and how much of its ends may be missing.
const (
	readOut = 5 * 8000
	edgeOut = 6400
)

// byPrompts reports whether the greeting begins and ends with the system's prompts.
// What stands before or after them only is somebody's own words.
func (r *Result) byPrompts(s span) bool {
	end := s.from - readOut
	for _, p := range r.Prompts {
		if p.Role != RoleDefault || p.from >= s.to || p.to <= s.from {
			continue
		}
		gap := p.from - max(end, s.from)
		if end < s.from && gap > edgeOut || gap > readOut {
			return false
		}
		r.Greeting.Number = r.Greeting.Number || gap > edgeOut
		end = max(end, p.to)
	}
	return end > s.from && s.to-end < edgeOut
}
