package hear

import (
	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/spectrum"
)

// tokenLength is that of a canary's sound, in samples.
var tokenLength = int64(len(canary.Token(0)))

// Listener turns frames into events. It allocates nothing per frame.
type Listener struct {
	tell    func(Event)
	number  int
	now     int64
	look    look
	tones   tones
	tone    Event         // of the tone that sounds; Kind "" when it is not told of
	ended   [melody]int64 // when the last tones ended
	burst   int64         // end of the last call progress tone
	sit     sit
	voice   voice
	voiceEv Event
	quiet   quiet
	quietEv Event
	clips   clips
	clipEv  Event
	gaps    gaps
	prints  prints
	v21     int
	v21Ev   Event
	spoken  bool // speech or music was heard
}

// NewListener returns a listener that tells of each event when it is recognised and
// when it has ended, from within Hear and Close.
func NewListener(tell func(Event)) *Listener {
	l := &Listener{tell: tell}
	l.voice.init()
	l.voice.reset()
	l.prints.init()
	for i := range l.tones.past {
		l.tones.past[i] = silence
	}
	return l
}

// Hear takes the next frame.
func (l *Listener) Hear(f *spectrum.Frame) {
	l.now = f.At
	l.look.see(f)
	s := l.look.sines()
	l.hearTone(&s)
	l.voice.hear(&l.look, &s, l.signal())
	l.hearVoice()
	l.hearQuiet()
	l.hearFaults(f)
	l.hearV21()
	l.prints.hear(&l.look)
}

// begin tells of an event.
func (l *Listener) begin(e *Event, kind Kind, start int64, sure float32) {
	l.number++
	*e = Event{Number: l.number, Kind: kind, Open: true, Start: max(start, 0), End: l.now, Confidence: sure, Hz: e.Hz, Count: 1}
	l.tell(*e)
}

// end tells that an event has ended.
func (l *Listener) end(e *Event, end int64) {
	e.Open, e.End = false, min(max(end, e.Start), l.now)
	l.tell(*e)
	e.Kind = ""
}

// canary tells of a canary. Its sound is a whole token at most.
func (l *Listener) canary(h canary.Heard) {
	start := int64(h.From * spectrum.Rate) // what was before may have been speech
	end := min(int64(h.At*spectrum.Rate)+tokenLength, l.now)
	l.number++
	l.tell(Event{Number: l.number, Kind: Canary, Start: start, End: max(end, start+1), Confidence: float32(h.Quality), Of: h.ID.String(), Count: 1})
}

// Close ends all events that are open.
func (l *Listener) Close() {
	if l.tones.on {
		l.closeTone()
	}
	if l.voiceEv.Kind != "" {
		l.endVoice(l.now)
	}
	if l.quietEv.Kind != "" {
		l.quietEv.Level = l.quiet.level / float32(max(l.quiet.frames, 1))
	}
	for _, e := range []*Event{&l.quietEv, &l.clipEv, &l.v21Ev} {
		if e.Kind != "" {
			l.end(e, l.now)
		}
	}
}

// Frames until a tone is told of that is nothing special, and until it is none of a
// voice's.
const (
	toneGap      = 6 // frames: a longer pause between tones is meant
	toneFrames   = 20
	signalFrames = 12
)

// signal is for how many frames a tone has sounded that is none of a voice's.
func (l *Listener) signal() int {
	if l.tones.on && l.tones.frames >= signalFrames {
		return l.tones.frames
	}
	return 0
}

func (l *Listener) hearTone(s *sines) {
	if l.tones.hear(&l.look, s) {
		l.closeTone()
		return
	}
	t := &l.tones.run
	if t.on && t.frames == 2 {
		t.background = l.voice.background()
	}
	switch {
	case !t.on || t.missing > 0 || l.sit.heard > 0 && l.sit.part(t, l.sit.heard):
	case l.tone.Kind == "" && t.frames >= dtmfFrames && dtmfGroup(t) != "":
		l.openTone(DTMF)
	case l.tone.Kind == "" && t.frames >= beepFrames && t.frames <= beepLatest && !l.inMelody(t) && t.beepLike(l.spoken):
		l.openTone(Beep)
	case l.tone.Kind == "" && t.frames >= toneFrames && t.signal():
		l.openTone(Tone)
	case l.tone.Kind == Beep && ms(l.now-t.start) > longestBeep+60:
		l.tone.Kind = Tone
		l.tell(l.tone)
	}
}

// openTone tells of the tone that sounds.
func (l *Listener) openTone(kind Kind) {
	t := &l.tones.run
	l.tone.Hz = t.toldHz()
	l.begin(&l.tone, kind, t.start, t.sureness())
}

// toldHz are the frequencies that are told of: none of a key.
func (t *run) toldHz() [2]float32 {
	if t.keyLike() {
		return [2]float32{}
	}
	return t.hz
}

// sureness is the purity of the tone.
func (t *run) sureness() float32 { return min(t.purity/float32(t.frames), 1) }

// closeTone says what the tone was that has ended.
func (l *Listener) closeTone() {
	t := &l.tones.run
	defer l.remember(t)
	length := ms(t.end - t.start)
	if t.end-t.start < 0 {
		length = 0
	}
	kind, of, sure := l.toneKind(length)
	if kind == "" {
		if l.tone.Kind == "" {
			return
		}
		kind, sure = Tone, t.sureness()
	}
	if l.tone.Kind == "" {
		l.number++
		l.tone = Event{Number: l.number, Start: max(t.start, 0), Count: 1}
	}
	if kind == SIT {
		l.tone.Start = l.sit.start
	}
	l.tone.Kind, l.tone.Of, l.tone.Confidence, l.tone.Hz = kind, of, sure, t.toldHz()
	if t.dual && t.hz[1] == 0 || !t.dual {
		l.tone.Hz[1] = 0
	}
	l.tone.Level = decibel(t.mean() * (0.5 / float32(fullSine)))
	l.end(&l.tone, t.end)
}

// remember notes when a tone ended that was as steady as a beep.
func (l *Listener) remember(t *run) {
	if t.frames >= beepFrames && !t.dual && t.beepScore() > beepSure {
		copy(l.ended[:], l.ended[1:])
		l.ended[melody-1] = t.end
	}
}

// inMelody reports whether other tones precede one closely: a beep stands alone, or
// is double.
func (l *Listener) inMelody(t *run) bool {
	return l.ended[0] > 0 && t.start-l.ended[0] < 2*spectrum.Rate
}

// toneKind is what a tone was, by all of it. "" is not to be told of.
func (l *Listener) toneKind(length int) (kind Kind, of string, sure float32) {
	t := &l.tones.run
	if l.sit.hear(t) {
		return SIT, l.sit.variant(), t.sureness()
	}
	if group := dtmfGroup(t); group != "" && t.frames >= dtmfFrames {
		return DTMF, group, t.sureness()
	}
	if c, sure := cadenceOf(t, length, l.pauseBefore(t)); c != nil && t.signal() && (sure == 1 || l.voiceEv.Kind == "") {
		l.burst = t.end
		return c.kind, c.system, sure
	}
	if of := faxOf(t, length, true); of != "" && (of == "CED" || !l.spoken) {
		return Fax, of, t.sureness()
	}
	if length >= shortestBeep && length <= longestBeep && t.frames >= beepFrames-1 && !l.inMelody(t) && t.beepLike(true) && !(t.cut && l.sit.heard > 0) {
		if l.tone.Kind == Beep || t.frames < toneFrames || !l.spoken {
			return Beep, "", t.sureness()
		}
	}
	if t.frames >= toneFrames && t.signal() {
		return Tone, "", t.sureness()
	}
	return "", "", 0
}

// pauseBefore is the silence since the last call progress tone, ms.
func (l *Listener) pauseBefore(t *run) int {
	if l.burst == 0 {
		return 0
	}
	return ms(t.start - l.burst)
}

func (l *Listener) hearVoice() {
	v := &l.voice
	switch {
	case l.voiceEv.Kind == "":
		if v.speaks() {
			l.begin(&l.voiceEv, Speech, v.start, v.sureness())
			l.spoken = true
		} else if v.quiet >= pause {
			v.reset()
		}
	case v.quiet >= pause:
		l.endVoice(l.voiceEnd())
	case v.frames%100 == 0 && v.frames >= styleFrames:
		l.voiceKind()
	}
}

// voiceEnd is when speech ended that was followed by nothing, or by a tone.
func (l *Listener) voiceEnd() int64 {
	if t := &l.tones.run; t.frames >= signalFrames && t.start > l.voiceEv.Start {
		return min(l.voice.end, t.start)
	}
	return l.voice.end
}

// endVoice ends speech or music.
func (l *Listener) endVoice(end int64) {
	v := &l.voice
	l.voiceEv.Confidence, l.voiceEv.Level = v.sureness(), v.level()
	l.end(&l.voiceEv, end)
	v.ring, v.sum = [window]trait{}, trait{}
	v.reset()
}

// voiceKind tells when speech turns out to be music, or music speech.
func (l *Listener) voiceKind() {
	kind := Speech
	if l.voice.score() > musical {
		kind = Music
	}
	if kind != l.voiceEv.Kind {
		l.voiceEv.Kind = kind
		l.tell(l.voiceEv)
	}
}

func (l *Listener) hearQuiet() {
	q := &l.quiet
	sounding := l.tones.on || l.voice.active || l.voiceEv.Kind != ""
	if q.hear(&l.look, sounding) {
		l.quietEv.Level = q.level / float32(q.frames)
		l.end(&l.quietEv, q.stopped)
		q.begin(&l.look, quietKind(&l.look, sounding))
		return
	}
	if !q.open && q.kind != "" && q.frames >= settle {
		q.open = true
		l.begin(&l.quietEv, q.kind, q.start, 1)
	}
}

func (l *Listener) hearFaults(f *spectrum.Frame) {
	began, ended := l.clips.hear(f)
	if began {
		l.begin(&l.clipEv, Clipping, l.clips.start, 1)
	}
	if ended {
		l.end(&l.clipEv, l.clips.end)
	}
	if n := l.gaps.hear(f, l.look.level); n > 0 && (n <= toneGap || l.tones.frames < beepFrames || l.tones.missing == 0) {
		var e Event
		l.begin(&e, Gap, l.gaps.start, 1)
		l.end(&e, f.At-spectrum.Hop)
	}
}

func (l *Listener) hearV21() {
	k := &l.look
	v21 := k.total > 1e-3 && k.peak[0].share < v21Pure && k.within(v21Low/spectrum.Step, v21High/spectrum.Step+1) > v21Share*k.total
	if v21 {
		l.v21++
	} else if l.v21 -= 4; l.v21 <= 0 {
		l.v21 = 0
		if l.v21Ev.Kind != "" {
			l.end(&l.v21Ev, l.now-200)
		}
		return
	}
	if l.v21 = min(l.v21, v21Frames+20); l.v21 >= v21Frames && l.v21Ev.Kind == "" {
		l.begin(&l.v21Ev, Fax, l.now-int64(l.v21)*spectrum.Hop, 0.9)
		l.v21Ev.Of = "V.21"
	}
}
