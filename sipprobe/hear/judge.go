package hear

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"vmaudit/sipprobe/spectrum"
)

// Judgement is what a caller met.
type Judgement string

const (
	GreetingBeepSilence Judgement = "greeting-beep-silence" // what a healthy mailbox is
	SpeechAfterBeep     Judgement = "speech-after-beep"
	SeveralSegments     Judgement = "several-segments" // prompt, message, prompt, message
	PINPrompt           Judgement = "pin-prompt"
	Announcement        Judgement = "announcement" // speech, and no beep
	AnsweredByPerson    Judgement = "answered-by-person"
	DeadAir             Judgement = "dead-air"
	Unknown             Judgement = "unknown"
)

// Judgements are all of them.
var Judgements = []Judgement{GreetingBeepSilence, SpeechAfterBeep, SeveralSegments, PINPrompt, Announcement, AnsweredByPerson, DeadAir, Unknown}

// Of the judgement.
const (
	listened   = 1500 * time.Millisecond // of silence after the beep, to know that nothing follows
	afterBeep  = 250 * time.Millisecond  // of speech after the beep
	turn       = 800 * time.Millisecond  // a pause within a greeting that is none
	longest    = 60 * time.Second        // of a greeting
	phrase     = 3 * time.Second         // what a person says who answers
	waiting    = 1200 * time.Millisecond // the silence in which that person listens
	shortPrint = 4 * time.Second         // of a prompt that asks for digits
	tooShort   = time.Second
	untold     = time.Second // of sound after the beep that is nothing known
	loudNoise  = -30         // dBFS: noise under which speech may lie
)

// afterTone is how long after a beep's end its last window is, in samples.
const afterTone = spectrum.Window

// because says what the call was, and why.
func (r *Result) because(j Judgement, format string, args ...any) {
	r.Judgement = j
	r.why(format, args...)
}

func (r *Result) why(format string, args ...any) {
	r.Reasons = append(r.Reasons, fmt.Sprintf(format, args...))
}

// judge says what the call was. Everything must fit for it to be healthy.
func (r *Result) judge() {
	defer r.whyMore()
	switch {
	case r.Length < tooShort:
		r.because(Unknown, "only %s were heard", secs(r.Length))
	case len(r.voices) == 0 && len(r.beeps) == 0:
		r.judgeWordless()
	case r.judgePrompts():
	case len(r.beeps) == 0:
		r.judgeVoices()
	case r.voices == nil || r.voices[0].from > r.beeps[0].from:
		r.judgeNoGreeting()
	default:
		r.judgeBeep()
	}
}

// judgeWordless is for calls without a word or a beep.
func (r *Result) judgeWordless() {
	for _, e := range r.Events {
		if isTone(e.Kind) || e.Kind == SIT || e.Kind == DTMF || e.Kind == Canary {
			r.because(Unknown, "only tones were heard, first %s at %s", e.Kind, secs(at(e.Start)))
			return
		}
	}
	if rest := r.restless(); rest >= untold {
		r.because(Unknown, "%s of sound that is neither speech nor silence", secs(rest))
		return
	}
	r.because(DeadAir, "nothing was heard in %s", secs(r.Length))
}

// restless is how much of a call without a word is neither silent nor softly noisy.
func (r *Result) restless() time.Duration {
	rest, known := time.Duration(0), time.Duration(0)
	for _, e := range r.Events {
		if e.Kind == Silence || e.Kind == ComfortNoise && e.Level <= loudNoise {
			rest += max(at(e.Start)-known, 0)
			known = max(known, at(e.End))
		}
	}
	return rest + max(r.Length-known, 0)
}

// judgePrompts judges by known prompts that say where the caller is.
func (r *Result) judgePrompts() bool {
	for _, p := range r.Prompts {
		if p.Role == RoleMenu {
			r.because(SeveralSegments, "prompt %q at %s is heard inside a mailbox only", p.Name, secs(p.From))
			return true
		}
	}
	i := slices.IndexFunc(r.Prompts, func(p Prompt) bool { return p.Role == RolePIN })
	if i < 0 {
		return false
	}
	p := r.Prompts[i]
	for _, v := range r.voices {
		if !r.isPrompt(v) {
			r.because(SeveralSegments, "besides prompt %q at %s, which asks for a PIN, something else was said between %s and %s", p.Name, secs(p.From), secs(at(v.from)), secs(at(v.to)))
			return true
		}
	}
	r.because(PINPrompt, "prompt %q at %s asks for a mailbox or a PIN, and nothing but prompts was said", p.Name, secs(p.From))
	return true
}

// isPrompt reports whether a stretch of speech is known prompts and the pauses between
// them, but for their edges.
func (r *Result) isPrompt(v span) bool {
	var known []span
	for _, p := range r.Prompts {
		known = append(known, p.span)
	}
	if known == nil {
		return false
	}
	for _, e := range r.Events {
		if e.Kind == Silence || e.Kind == ComfortNoise {
			known = append(known, span{e.Start, e.End})
		}
	}
	slices.SortFunc(known, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	done := v.from // up to here all is known; what is known overlaps, as one prompt under two names does
	for _, s := range known {
		if at(min(s.from, v.to)-done) >= afterBeep {
			return false
		}
		done = max(done, s.to)
	}
	return at(v.to-done) < afterBeep
}

// judgeVoices is for speech without a beep.
func (r *Result) judgeVoices() {
	first, last := r.voices[0], r.voices[len(r.voices)-1]
	tail := r.Length - at(last.to)
	switch {
	case r.canaryAfter(span{}) != nil:
		r.because(SeveralSegments, "speech, and a canary, which is a stored message, at %s", secs(at(r.canaryAfter(span{}).Start)))
	case r.repeats():
		r.because(PINPrompt, "the same short prompt again after %s, as by a system that waits for digits", secs(at(r.voices[1].from-first.to)))
	case len(r.voices) > 1:
		r.because(SeveralSegments, "%d stretches of speech and no beep", len(r.voices))
	case first.length() <= phrase && tail >= waiting:
		r.because(AnsweredByPerson, "%s of speech, then %s of silence, no beep", secs(first.length()), secs(tail))
	default:
		r.because(Announcement, "%s of speech and no beep", secs(first.length()))
	}
}

// repeats reports whether a short prompt was said twice and nothing else was.
func (r *Result) repeats() bool {
	if len(r.voices) < 2 {
		return false
	}
	first := r.voices[0]
	if first.length() > shortPrint {
		return false
	}
	p := r.known("", RolePIN, first).Print
	for _, v := range r.voices[1:] {
		from, to := max(index(v.from)-10, 0), min(index(v.to)+10, len(r.print))
		if v.length() < first.length()*3/4 || from >= to || find(p[:min(len(p), (to-from)/perStep)], r.print[from:to]).like < needed(len(p)) {
			return false
		}
	}
	return true
}

// judgeNoGreeting is for a beep with nothing said before.
func (r *Result) judgeNoGreeting() {
	beep := r.beeps[0]
	if v, ok := r.after(beep); ok {
		r.because(SpeechAfterBeep, "no greeting, a beep at %s, and speech at %s", secs(at(beep.from)), secs(at(v.from)))
		return
	}
	r.because(Unknown, "a beep at %s and no greeting", secs(at(beep.from)))
}

// after is the first speech after a beep that is no known prompt of a system that
// records.
func (r *Result) after(beep span) (span, bool) {
	for _, v := range r.voices {
		v.from = max(v.from, beep.to)
		if v.to > v.from && v.length() >= afterBeep && !r.isPrompt(v) {
			return v, true
		}
	}
	return span{}, false
}

// judgeBeep is for a greeting and a beep.
func (r *Result) judgeBeep() {
	beep, last := r.beeps[0], r.beeps[len(r.beeps)-1]
	quiet := r.Length - at(last.to)
	v, spoken := r.after(beep)
	g := &r.Greeting
	said := g.To - g.From
	switch {
	case spoken:
		r.because(SpeechAfterBeep, "speech at %s, after the beep at %s", secs(at(v.from)), secs(at(beep.from)))
	case r.pausedLong():
	case said > longest:
		r.because(Unknown, "%s were said before the beep", secs(said))
	case r.canaryAfter(beep) != nil:
		r.because(SpeechAfterBeep, "a canary, which is a stored message, at %s, after the beep at %s", secs(at(r.canaryAfter(beep).Start)), secs(at(beep.from)))
	case len(r.beeps) > 1:
		r.because(Unknown, "%d beeps", len(r.beeps))
	case r.canaries() > 0:
		r.because(Unknown, "a canary was heard")
	case quiet < listened:
		r.because(Unknown, "the call ended %s after the beep: what follows it is not known", secs(quiet))
	case r.unquiet(last.to):
	case g.differs || g.Is == GreetingAnother && g.wanted != "":
		r.because(Unknown, "a beep at %s and then silence, but the greeting is not that of the baseline", secs(at(beep.from)))
	case g.unlearned:
		r.because(Unknown, "a beep at %s and then silence, but whose greeting that was is not known", secs(at(beep.from)))
	default:
		r.because(GreetingBeepSilence, "%s of greeting, a beep at %s, and %s of silence", secs(said), secs(at(beep.from)), secs(quiet))
	}
}

// unquiet judges a call in which something is heard after the beep that is neither
// speech nor silence. A busy tone with which a system hangs up, after the silence, is
// none of it.
func (r *Result) unquiet(from int64) bool {
	end, known := int64(r.Length.Seconds()*spectrum.Rate), from+afterTone
	rest := int64(0)
	for _, e := range r.Events {
		if e.End <= from {
			continue
		}
		hangup := (e.Kind == Busy || e.Kind == Congestion) && at(e.Start-from) >= listened
		switch {
		case hangup:
			end = min(end, e.Start)
		case isTone(e.Kind) && e.Start >= from || e.Kind == SIT || e.Kind == DTMF || e.Kind == ComfortNoise && e.Level > loudNoise:
			r.because(Unknown, "%s at %s, after the beep", e.Kind, secs(at(e.Start)))
			return true
		case e.Kind == Silence || e.Kind == ComfortNoise || e.Kind == Speech || e.Kind == Music:
			rest += max(min(e.Start, end)-known, 0)
			known = max(known, e.End)
		}
		if hangup {
			break
		}
	}
	rest += max(end-known, 0)
	if at(rest) >= untold {
		r.because(Unknown, "%s of sound after the beep that is neither speech nor silence", secs(at(rest)))
	}
	return at(rest) >= untold
}

// pausedLong judges a greeting with a pause in it, which may be two messages.
func (r *Result) pausedLong() bool {
	n := 1
	for i := 1; i < len(r.voices); i++ {
		if r.voices[i].from < r.beeps[0].from && at(r.voices[i].from-r.voices[i-1].to) > 2*turn {
			n++
		}
	}
	if n > 2 {
		r.because(SeveralSegments, "%d stretches of speech before the beep", n)
	}
	return n > 2
}

// canaryAfter is the first canary that began after a beep, or nil.
func (r *Result) canaryAfter(beep span) *Event {
	for i, e := range r.Events {
		if e.Kind == Canary && e.Start >= beep.from {
			return &r.Events[i]
		}
	}
	return nil
}

func (r *Result) canaries() (n int) {
	for _, e := range r.Events {
		if e.Kind == Canary {
			n++
		}
	}
	return n
}

// whyMore tells what else speaks for or against.
func (r *Result) whyMore() {
	for _, e := range r.Events {
		if e.Kind == Canary {
			r.why("canary %s at %s", e.Of, secs(at(e.Start)))
		}
		if e.Kind == SIT || isProgress(e.Kind) {
			r.why("%s (%s) at %s", e.Kind, e.Of, secs(at(e.Start)))
		}
	}
	g := &r.Greeting
	switch {
	case g.To == 0:
	case g.Is == GreetingSame:
		r.why("the greeting is that of %q (likeness %.2f)", g.Of, g.Likeness)
	case g.Is == GreetingAnother:
		r.why("the greeting is that of %q (likeness %.2f)", g.Of, g.Likeness)
	case g.Is == GreetingOther:
		r.why("what was said is not the greeting of %q (likeness %.2f)", g.wanted, g.Likeness)
	case g.Is == GreetingDefault && g.Number:
		r.why("the greeting is the system's own, with a number or a name read out")
	case g.Is == GreetingDefault:
		r.why("the greeting is the system's own")
	case g.unlearned:
		r.why("the baseline has no greeting of %q, and not these words", g.wanted)
	default:
		r.why("no baseline tells whose words these were")
	}
}

// Suspicious reports whether the call met something else than a healthy mailbox, a
// prompt for a PIN, a person or nothing, or a canary.
func (r *Result) Suspicious() bool {
	switch r.Judgement {
	case SpeechAfterBeep, SeveralSegments, Announcement:
		return true
	}
	return r.canaries() > 0 || r.Greeting.Is == GreetingOther || r.Greeting.Is == GreetingAnother && r.Greeting.wanted != ""
}

func secs(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
