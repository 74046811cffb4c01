package hear

import (
	"time"

	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/spectrum"
)

// Options are what an [Ear] may be given; the zero value hears everything but known
// greetings, prompts and canaries.
type Options struct {
	Tell     func(Event)     // is called for each event when it begins and when it has ended; nil: nobody is told
	Baseline *Baseline       // what healthy calls sounded like; nil: none is known
	Name     string          // of the greeting in the baseline that this call should have
	Planted  *canary.Planted // canaries to listen for when too little is heard to read one; nil: none
	Picture  bool            // keep what [Result.Picture] draws
}

// Ear hears one call. It is not for several goroutines at once.
type Ear struct {
	opts     Options
	stream   *spectrum.Stream
	listener *Listener
	canary   *canary.Receiver
	heard    int64
	events   []Event
	sketch   *sketch
}

// New returns an ear for one call.
func New(opts Options) *Ear {
	e := &Ear{opts: opts}
	e.listener = NewListener(e.take)
	e.canary = canary.New(opts.Planted, e.listener.canary)
	if opts.Picture {
		e.sketch = newSketch()
	}
	e.stream = spectrum.New(e.frame)
	return e
}

func (e *Ear) frame(f *spectrum.Frame) {
	e.listener.Hear(f)
	e.canary.Hear(f)
	if e.sketch != nil {
		e.sketch.hear(&e.listener.look)
	}
}

func (e *Ear) take(ev Event) {
	if !ev.Open {
		e.events = append(e.events, ev)
	}
	if e.opts.Tell != nil {
		e.opts.Tell(ev)
	}
}

// Feed hears a piece of the call, of any length.
func (e *Ear) Feed(samples []int16) {
	e.heard += int64(len(samples))
	e.stream.Feed(samples)
}

// Result ends the call and says what it was.
func (e *Ear) Result() *Result {
	e.stream.Flush()
	e.canary.Flush()
	e.listener.Close()
	r := &Result{Length: at(e.heard), Events: joined(e.events, e.heard), sketch: e.sketch}
	r.print = e.listener.prints.trace
	r.findPrompts(e.opts.Baseline)
	r.findGreeting(e.opts.Baseline, e.opts.Name)
	r.judge()
	return r
}

// Result is what was heard in a call.
type Result struct {
	Length    time.Duration
	Judgement Judgement
	Reasons   []string
	Greeting  Greeting
	Prompts   []Prompt // known ones, by time
	Events    []Event  // by time; bursts of call progress tones joined, and words to stretches of speech

	print  []change
	sketch *sketch
	voices []span // speech and music
	beeps  []span // double ones joined
}

// span is a part of the call, in samples.
type span struct{ from, to int64 }

func (s span) length() time.Duration { return at(s.to - s.from) }
