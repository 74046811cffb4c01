package cdr

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// previewLimit is how many characters of a line its preview shows.
const previewLimit = 120

// preview shows the shape of a line: enough to see which columns are wrong,
// nothing of what they say.
func preview(b []byte) string {
	var s strings.Builder
	for n := 0; len(b) > 0 && n < previewLimit; n++ {
		c, size := utf8.DecodeRune(b)
		b = b[size:]
		switch {
		case c == utf8.RuneError && size == 1:
			s.WriteByte('?')
		case unicode.IsDigit(c) || unicode.IsNumber(c):
			s.WriteByte('#')
		case c < utf8.RuneSelf && strings.ContainsRune(` ,;:|"'=<>()[]{}/\.@&*+-_`, c):
			s.WriteRune(c)
		case unicode.IsLetter(c):
			s.WriteByte('x')
		default:
			s.WriteByte('?')
		}
	}
	if len(b) > 0 {
		s.WriteString("...")
	}
	return s.String()
}

// wordLimit bounds the interned words of one reader.
const wordLimit = 1 << 12

// word returns the name of an application, event, folder or cause. These are words of
// the system; anything that does not look like one is "other", because it may
// be a caller's.
func (r *Reader) word(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := r.words[string(b)]; ok {
		return s
	}
	s := "other"
	if isWord(b) {
		s = string(b)
	}
	if len(r.words) < wordLimit && len(b) <= 64 {
		r.words[string(b)] = s
	}
	return s
}

// server returns the name of a server or its address. What does not look like one
// is as good as not named: two servers must never pass for one.
func (r *Reader) server(b []byte) string {
	if name := r.word(b); name != "other" {
		return name
	}
	if string(b) == "other" || isKey(b) {
		return string(b)
	}
	return ""
}

// isWord allows letters, and digits up to the length of a cause, however they
// are spread.
func isWord(b []byte) bool {
	digits := 0
	for _, c := range b {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if digit {
			digits++
		}
		if !digit && !letter && c != '_' && c != '-' && c != ' ' && c != '.' {
			return false
		}
	}
	return digits <= 5 && len(b) <= 48
}

// key returns a correlation key: the first value there is, else the row's own
// ID. The key's text is kept if it looks like one that a system makes, else its
// digest. same, if not nil, is a text to share when it is equal.
func (r *Reader) key(slots []int, same *string) string {
	b := firstSlot(slots, r)
	if len(b) == 0 {
		return r.record.ID.String()
	}
	if same != nil && string(b) == *same {
		return *same
	}
	if !isKey(b) {
		return "x-" + ID(r.numbers.Digest(b)).String()
	}
	return string(b)
}

// isKey refuses what is digits only, or has as many in a row as a telephone number
// has: but for a Unix time with a counter behind it ("1795297724.21").
func isKey(b []byte) bool {
	run, others := 0, 0 // digits in a row; what is none
	epoch := false      // the last run was a time and its dot
	for i, c := range b {
		if c >= '0' && c <= '9' {
			run++
			continue
		}
		if run > 6 && !isEpoch(b[i-run:i+1]) && !epoch {
			return false
		}
		epoch, run = isEpoch(b[i-run:i+1]), 0
		others++
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && c != '.' && c != '-' && c != '_' && c != ':' {
			return false
		}
	}
	return others > 0 && len(b) <= 80 && (run <= 6 || epoch)
}

// isEpoch reports whether digits and what follows them are a Unix time and a dot.
func isEpoch(b []byte) bool { return len(b) == 11 && b[0] == '1' && b[10] == '.' }

var channelName = regexp.MustCompile(`^([A-Za-z0-9]{1,16})/.*-([0-9a-f]{8}(?:;[0-9])?)$`)

// channel keeps the technology and the counter of a channel's name
// ("PJSIP-0000001f"), and nothing that could be a number.
func channel(name []byte) string {
	m := channelName.FindSubmatch(name)
	if m == nil {
		return ""
	}
	return string(m[1]) + "-" + string(m[2])
}

// member returns a text or number in a JSON object, nil if there is none.
func member(object []byte, name string) []byte {
	if len(object) < 2 || object[0] != '{' || !bytes.Contains(object, []byte(name)) {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return nil
	}
	raw := members[name]
	if len(raw) == 0 || raw[0] != '"' {
		if string(raw) == "null" {
			return nil
		}
		return raw
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil
	}
	return []byte(text)
}
