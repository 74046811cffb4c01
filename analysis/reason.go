package analysis

import (
	"slices"
	"strings"
)

// reasons says in a sentence what a reason's code means.
var reasons = map[string]string{
	"message-played":                  "the system logged that a stored message was played",
	"envelope-played":                 "the system logged that a message's date, time or caller was read out",
	"message-moved":                   "a message went to the heard ones when the caller left the mailbox",
	"message-moved-by-one-of-several": "a message went to the heard ones, by this caller or by another who was in the mailbox then",
	"message-moved-after-pin":         "a message went to the heard ones, after a PIN had been asked for",
	"moved-without-a-call":            "a message went to the heard ones at a time when no imported call was in the mailbox: by whom it was heard is not known",
	"greeting-is-a-message":           "the greeting that was played is the sound of somebody's message",
	"greeting-may-be-a-message":       "the greeting may have been the sound of somebody's message: it was before, or the records do not show which greeting was played",
	"message-left":                    "the message that the caller left is in the mailbox",
	"opened-without-pin":              "the caller stood in the mailbox without being asked for a PIN; what was heard is not logged",
	"pin-demanded":                    "a PIN was asked for; whether it was given is not logged",
	"answered-by-nobody-named":        "the call was answered, and the records do not say by what: voicemail cannot be excluded",
	"playback-logged-after-hangup":    "a playback was logged when the caller had hung up",
	"deposit-application":             "the system logged the application that records a message, and nothing else",
	"owner-number":                    "the caller presented a number of the mailbox's owner, on a leg that was not diverted",
	"owner-not-proven":                "the caller presented a number of the mailbox's owner; the records do not show whether it was the owner, who was in the mailbox",
	"owner-number-on-diverted-leg":    "the caller presented a number of the mailbox's owner, but the call was diverted: that proves nothing",
	"owner-number-shared":             "the caller's number belongs to the owners of several mailboxes",
	"probe-number":                    "one of our own calls",
	"by-the-vendors-list-only":        "left out by the vendor's list only",
	"time-ambiguous":                  "the time lies in the hour that autumn repeats",
	"mailbox-unknown":                 "the records do not say whose mailbox it was",
	"pin-failed":                      "a wrong PIN was given; what the caller heard besides is not logged",
	"pin-passed":                      "the caller gave the right PIN before anything was heard",
	"server-not-changed":              "every record of the session names a server, and none of them is one that was changed",
}

const dialledReason = "dialled "

// ReasonText is the sentence for a reason's code. A code that a user's own
// detector made up stands for itself.
func ReasonText(code string) string {
	if ext, ok := strings.CutPrefix(code, dialledReason); ok {
		return "the caller had dialled " + ext
	}
	if text, ok := reasons[code]; ok {
		return text
	}
	return code
}

const maskedExtension = "(masked)"

// maskReasons hides protected extensions in reasons.
func maskReasons(codes []string, protected func(extension string) bool) []string {
	out := make([]string, 0, len(codes))
	for _, code := range codes {
		if ext, ok := strings.CutPrefix(code, dialledReason); ok && protected(ext) {
			code = dialledReason + maskedExtension
		}
		out = append(out, code)
	}
	return slices.Compact(out)
}
