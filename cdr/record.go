package cdr

import (
	"encoding/hex"
	"fmt"
	"time"

	"vmaudit/internal/number"
)

// ID identifies a row by its content, so that a file read twice, or found in
// two exports, yields the same rows. See [Record].
type ID [16]byte

// String returns the ID in hexadecimal.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Kind says what a row describes.
type Kind string

// The kinds of a [Record].
const (
	Leg     Kind = "leg"     // a finished part of a call
	Event   Kind = "event"   // one moment of it
	Message Kind = "message" // what became of a stored message, or of a greeting
)

// Action is what the row shows of voicemail.
type Action string

// The actions of a [Record].
const (
	NoAction  Action = ""          // the row shows no voicemail
	Deposit   Action = "deposit"   // the caller was in the application that takes messages
	Retrieval Action = "retrieval" // the caller was in the mailbox menu
	Playback  Action = "playback"  // a stored message was played
	Envelope  Action = "envelope"  // time or caller of a stored message was read out
	Unknown   Action = "unknown"   // answered, by nobody that the row shows: voicemail cannot be excluded
)

// Auth is what the row shows of the caller's authentication.
type Auth string

// The authentication states of a [Record]. A profile must not guess: AuthPassed
// and AuthFailed are for formats that log the outcome.
const (
	AuthUnknown  Auth = ""
	AuthSkipped  Auth = "skipped"  // the application was told not to ask
	AuthDemanded Auth = "demanded" // a PIN was asked for, the outcome is not in the row
	AuthPassed   Auth = "passed"
	AuthFailed   Auth = "failed"
)

// Grade is the strength of a row's evidence for its action.
type Grade string

// The grades of evidence, strongest first.
const (
	NoGrade Grade = ""
	GradeA  Grade = "A" // a logged playback or login
	GradeB  Grade = "B" // the application or number that was called
	GradeC  Grade = "C" // the shape of the routing
	GradeD  Grade = "D" // timing or media
)

// Record is one normalised row. All times are UTC and zero when the row has
// none; their precision is the format's.
type Record struct {
	// ID is a digest (see number.Normaliser.Digest) of the format's own row key
	// where the row has one, else of the line and its ordinal among identical
	// lines. It depends on the deployment's key, not on the file.
	ID   ID
	Line int // number of the row's first line in the file, from 1
	Kind Kind
	// Event is the format's name of the event ("APP_START"); "" for legs.
	Event string
	// Call correlates all rows of one call; Leg those of one channel.
	Call, Leg string
	// Channel is the technology and the counter in the channel's name
	// ("PJSIP-00000038"; "Local-00000012;2" for one half of a Local channel),
	// never the name. It joins stored messages to calls, near in time: the
	// counter begins anew with the system.
	Channel string

	Start  time.Time // for an event, its time
	Answer time.Time
	End    time.Time
	// Ambiguous marks a local time in the hour that autumn repeats. Start and
	// Answer are then the earlier instant, End is the later one.
	Ambiguous bool

	Caller    number.Party
	Dialled   number.Party
	Diverting number.Party // from whose number the call was diverted, where the format tells
	// Undiverted says that the format tells diversions, and of none here.
	Undiverted bool

	Answered bool
	Partner  bool // another channel was connected
	// App is the application or service ("VoiceMail"), never its data.
	App    string
	Action Action
	// Mailbox is named as the system does, "4102", or "4102@ctx" outside the
	// default context; a token when it is no number of the own system (see
	// number.Normaliser.Mailbox); "" when the row does not say.
	Mailbox string
	// Folder is "INBOX", "Old", ...; of a deposit, and of a greeting, the
	// greeting that is played (unavail, busy, temp, greet); "" when the row
	// does not say.
	Folder   string
	Messages []string // stored messages played, in order; owned by the reader's memo: do not change
	Auth     Auth
	// Sounding says that the message begins to sound with this row, and sounds
	// until the leg's next one or its hangup.
	Sounding bool
	Grade    Grade
	Cause    string // hangup cause in the format's own numbering
	Server   string // the platform's node that handled the row; "" when the row does not say
}

// Reject is a line that could not be read. It is an error value, but never
// stops the reader.
type Reject struct {
	File string
	Line int // number of the first line, from 1
	// Reason says what is wrong, without any text of the line.
	Reason string
	// Raw is the line as it was, cut at the line limit. It may contain
	// anything: seal it before it is stored.
	Raw []byte
	// Preview is the shape of the line's beginning: digits as #, letters as x.
	Preview string
}

// Error returns "file:line: reason".
func (r *Reject) Error() string { return fmt.Sprintf("%s:%d: %s", r.File, r.Line, r.Reason) }
