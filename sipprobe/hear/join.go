package hear

import (
	"cmp"
	"slices"

	"vmaudit/sipprobe/spectrum"
)

// What joins: words of one stretch, and bursts of a call progress tone, whose
// longest silence is the five seconds of a Swedish ringback tone.
const (
	wordGap  = 1 * spectrum.Rate
	burstGap = 6 * spectrum.Rate
)

// joined sorts events by time, leaves out what others have in them, joins bursts and
// words, and ends them where the sound ended.
func joined(events []Event, end int64) (out []Event) {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.Start, b.Start) })
	var big []Event
	for _, e := range events {
		if e.Kind == SIT || e.Kind == Canary {
			big = append(big, e)
		}
	}
	for _, e := range events {
		if e.End = min(e.End, end); e.End <= e.Start || covered(&e, big) {
			continue
		}
		if before := last(out, e); before != nil {
			before.join(e)
			continue
		}
		out = append(out, e)
	}
	return out
}

// covered reports whether an event is part of one of the big ones: tones of a special
// information tone and everything in a canary.
func covered(e *Event, big []Event) bool {
	for _, o := range big {
		inside := e.Start >= o.Start-spectrum.Rate/20 && e.End <= o.End+spectrum.Rate/20
		if inside && (o.Kind == SIT && isTone(e.Kind) || o.Kind == Canary && e.Kind != Canary && e.Kind != Gap) {
			return true
		}
	}
	return false
}

func isTone(k Kind) bool { return k == Tone || k == Beep || k == Fax || isProgress(k) }

func isProgress(k Kind) bool { return k == Ringback || k == Busy || k == Congestion }

// last is the event that e goes on with, or nil.
func last(out []Event, e Event) *Event {
	if !isProgress(e.Kind) && e.Kind != Speech && e.Kind != Music {
		return nil
	}
	for i := len(out) - 1; i >= 0; i-- {
		o := &out[i]
		switch {
		case isProgress(e.Kind) && isProgress(o.Kind) && near(e.Hz[0], o.Hz[0]) && e.Start-o.End < burstGap:
			return o
		case (e.Kind == Speech || e.Kind == Music) && o.Kind == e.Kind && e.Start-o.End < wordGap:
			return o
		case o.Kind != Silence && o.Kind != ComfortNoise && o.Kind != Gap && o.Kind != Clipping:
			return nil
		}
	}
	return nil
}

// join adds what follows; of two kinds of call progress the surer one is right.
func (e *Event) join(next Event) {
	if next.Confidence > e.Confidence {
		e.Kind, e.Of, e.Confidence = next.Kind, next.Of, next.Confidence
	}
	share := float32(next.End-next.Start) / float32(next.End-e.Start)
	e.Level += (next.Level - e.Level) * share
	e.End = max(e.End, next.End)
	e.Count += next.Count
}
