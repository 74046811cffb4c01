package hear

import (
	"time"

	"vmaudit/sipprobe/spectrum"
)

// Kind is what an event is.
type Kind string

const (
	Ringback     Kind = "ringback"
	Busy         Kind = "busy"
	Congestion   Kind = "congestion"
	SIT          Kind = "sit"           // special information tone, before an announcement of the network
	Tone         Kind = "tone"          // of one or two frequencies, and nothing of the other kinds
	Beep         Kind = "beep"          // of a recorder that begins to record
	DTMF         Kind = "dtmf"          // a key; which one is not kept, it may be of a PIN
	Fax          Kind = "fax"           // CNG, CED or V.21
	Speech       Kind = "speech"        // or what cannot be told from it
	Music        Kind = "music"         // for some seconds
	Silence      Kind = "silence"       // nothing, or not more than a quiet line has
	ComfortNoise Kind = "comfort-noise" // steady noise of any level, and nothing else
	Clipping     Kind = "clipping"      // samples at the limit
	Gap          Kind = "gap"           // sound that is cut out, as by lost packets
	Canary       Kind = "canary"        // an audio honeytoken: Of is its identity
)

// Kinds are all of them.
var Kinds = []Kind{Ringback, Busy, Congestion, SIT, Tone, Beep, DTMF, Fax, Speech, Music, Silence, ComfortNoise, Clipping, Gap, Canary}

// Event is something heard. It is told of when it is recognised, with Open set,
// and again when it has ended; its kind may be another by then, since a tone
// becomes a ringback tone by its length only. Number tells which event it is.
type Event struct {
	Number     int
	Kind       Kind
	Open       bool
	Start, End int64      // samples since the beginning; End of an open event is the last that belongs to it
	Confidence float32    // 0 to 1
	Hz         [2]float32 // of tones; the second is 0 where there is one, and both are of keys: they would tell which
	Level      float32    // dBFS, the mean; a full-scale sine has -3
	Of         string     // which: of SIT and call progress the system, of DTMF the group of keys, of canary the id
	Count      int        // how many bursts the event joins, see [Result]
}

// at is the time of a sample.
func at(sample int64) time.Duration {
	return time.Duration(sample) * time.Second / spectrum.Rate
}

// Length is how long the event lasted.
func (e *Event) Length() time.Duration { return at(e.End - e.Start) }
