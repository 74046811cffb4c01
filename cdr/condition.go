package cdr

import (
	"regexp"
	"strings"
)

// row is what conditions and sources look at: the value of each slot, where a
// slot is a column, a derived column or a virtual one.
type row interface{ value(slot int) []byte }

// condition is one compiled column condition.
type condition struct {
	slot int
	test func([]byte) bool
}

type conditionSet []condition

func (s conditionSet) hold(r row) bool {
	for i := range s {
		if !s[i].test(r.value(s[i].slot)) {
			return false
		}
	}
	return true
}

// any reports whether one of the conditions holds: an "unless" with two columns
// excludes a row by either.
func (s conditionSet) any(r row) bool {
	for i := range s {
		if s[i].test(r.value(s[i].slot)) {
			return true
		}
	}
	return false
}

// tester compiles a condition. The commonest shapes are done without the
// regular expression engine, which would take most of a row's time.
func tester(pattern string, re *regexp.Regexp) func([]byte) bool {
	if pattern == "." {
		return func(b []byte) bool { return len(b) > 0 }
	}
	word, front := strings.CutPrefix(pattern, "^")
	word, back := strings.CutSuffix(word, "$")
	if front && back && regexp.QuoteMeta(word) == word {
		return func(b []byte) bool { return string(b) == word }
	}
	return re.Match
}

func listTester(words []string) func([]byte) bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[strings.ToLower(w)] = true
	}
	return func(b []byte) bool {
		var buf [64]byte
		if len(b) > len(buf) {
			return false
		}
		return set[string(appendLower(buf[:0], b))]
	}
}

func appendLower(dst, b []byte) []byte {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
