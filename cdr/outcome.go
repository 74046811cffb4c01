package cdr

import (
	"encoding/binary"
	"regexp"
	"strings"
)

// outcome is what the rules make of a row.
type outcome struct {
	action   Action
	auth     Auth
	grade    Grade
	mailbox  string
	folder   string
	messages []string
	sounding bool
}

// found is one occurrence of a stored message.
type found struct{ mailbox, context, folder, message string }

// memoLimit bounds what a reader remembers of rule outcomes. Application data
// can be different in every row, so a full memo is emptied, not grown.
const memoLimit = 1 << 15

// judge applies the rules. Outcomes are remembered by the values that the rules
// look at, each with its length, so that no value can pose as two.
func (r *Reader) judge() *outcome {
	key := r.memoKey[:0]
	for _, slot := range r.f.ruleSlots {
		v := r.value(slot)
		key = binary.AppendUvarint(key, uint64(len(v)))
		key = append(key, v...)
	}
	r.memoKey = key
	if o, ok := r.memo[string(key)]; ok {
		return o
	}
	o := r.decide()
	if len(r.memo) >= memoLimit {
		clear(r.memo)
	}
	if len(key) <= 512 {
		r.memo[string(key)] = o
	}
	return o
}

func (r *Reader) decide() *outcome {
	for i := range r.f.rules {
		rule := &r.f.rules[i]
		if rule.when.hold(r) && !rule.unless.any(r) {
			return r.apply(rule)
		}
	}
	return &outcome{}
}

func (r *Reader) apply(rule *rule) *outcome {
	o := &outcome{action: rule.then.Action, auth: rule.then.Auth, grade: rule.then.Grade, sounding: rule.then.Sounding}
	var all []found
	for _, t := range rule.take {
		all = append(all, t.find(r.value(t.slot))...)
	}
	var head found // what the first expression that knows says of each field
	for _, f := range all {
		if head.mailbox == "" && f.mailbox != "" {
			head.mailbox, head.context = f.mailbox, f.context
		}
		if head.folder == "" {
			head.folder = f.folder
		}
	}
	o.mailbox = r.mailbox(head)
	o.folder = r.folder(head.folder)
	for _, f := range all {
		if f.message != "" {
			o.messages = append(o.messages, r.message(f, head))
		}
	}
	return o
}

func (t *taker) find(b []byte) []found {
	n := 1
	if t.every {
		n = -1
	}
	var all []found
	for _, m := range t.re.FindAllSubmatchIndex(b, n) {
		group := func(name string) string {
			if i := t.re.SubexpIndex(name); i > 0 && m[2*i] >= 0 {
				return string(b[m[2*i]:m[2*i+1]])
			}
			return ""
		}
		all = append(all, found{group("mailbox"), group("context"), group("folder"), group("message")})
	}
	return all
}

// messageID is what app_voicemail calls a message, in the spool or by its id.
var messageID = regexp.MustCompile(`^(msg\d{4,6}|\d{9,11}-[0-9a-f]{8})$`)

func (r *Reader) mailbox(f found) string {
	if f.mailbox == "" {
		return ""
	}
	box := r.numbers.Mailbox(f.mailbox)
	if f.context == "" || f.context == r.f.defaultContext {
		return box
	}
	return box + "@" + r.numbers.Mailbox(f.context)
}

func (r *Reader) folder(name string) string {
	if named, ok := r.f.folders[name]; ok {
		return named
	}
	return r.word([]byte(name))
}

// message names a played message: by itself in the record's own mailbox and
// folder, with a path to it anywhere else, so that a playback over several
// boxes loses none.
func (r *Reader) message(f, head found) string {
	id := f.message
	if !messageID.MatchString(id) {
		id = "other"
	}
	var path []string
	if f.mailbox != "" && (f.mailbox != head.mailbox || f.context != head.context) {
		path = append(path, r.mailbox(f))
	}
	if len(path) > 0 || f.folder != "" && f.folder != head.folder {
		path = append(path, r.folder(f.folder))
	}
	return strings.Join(append(path, id), "/")
}
