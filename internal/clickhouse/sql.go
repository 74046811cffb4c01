package clickhouse

import (
	"iter"
	"slices"
	"strings"
)

// token is a word, a quoted thing or a punctuation mark of a statement, with
// its place in the text. Words are in upper case; quoted things keep only
// their opening quote, because what is in them never decides anything here.
type token struct {
	text       string
	start, end int
	depth      int // of parentheses around it
}

// tokens splits a statement without understanding it: just enough to see its
// keywords and not to be misled by strings and comments.
func tokens(sql string) iter.Seq[token] {
	return func(yield func(token) bool) {
		depth := 0
		for i := 0; i < len(sql); {
			end, kind := scan(sql, i)
			t := token{start: i, end: end, depth: depth}
			switch kind {
			case kindBlank:
				i = end
				continue
			case kindQuoted:
				t.text = sql[i : i+1]
			default:
				t.text = strings.ToUpper(sql[i:end])
			}
			switch t.text {
			case "(", "[":
				depth++
			case ")", "]":
				depth--
				t.depth = depth
			}
			if !yield(t) {
				return
			}
			i = end
		}
	}
}

const (
	kindBlank = iota // white space, comment
	kindWord
	kindQuoted
	kindMark
)

// scan returns where the token that begins at i ends.
func scan(sql string, i int) (end, kind int) {
	rest := sql[i:]
	switch c := sql[i]; {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
		return i + 1, kindBlank
	case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "# "), strings.HasPrefix(rest, "#!"):
		return i + upTo(rest, 0, "\n"), kindBlank
	case strings.HasPrefix(rest, "/*"):
		return i + upTo(rest, 2, "*/"), kindBlank
	case c == '\'' || c == '"' || c == '`':
		return i + quoted(rest), kindQuoted
	case c == '$':
		if n := heredoc(rest); n > 0 {
			return i + n, kindQuoted
		}
		return i + 1, kindMark
	case isWord(c):
		end := i + 1
		for end < len(sql) && isWord(sql[end]) {
			end++
		}
		return end, kindWord
	}
	return i + 1, kindMark
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// upTo returns the length of s up to and with mark, all of s without one.
func upTo(s string, from int, mark string) int {
	if n := strings.Index(s[from:], mark); n >= 0 {
		return from + n + len(mark)
	}
	return len(s)
}

// quoted returns the length of the quoted text at the start of s. A doubled
// quote reads as two texts side by side, which is as good here.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return len(s)
}

// heredoc returns the length of a $tag$...$tag$ text, 0 when s begins none.
func heredoc(s string) int {
	end := 1
	for end < len(s) && isWord(s[end]) {
		end++
	}
	if end == len(s) || s[end] != '$' {
		return 0
	}
	tag := s[:end+1]
	return upTo(s, len(tag), tag)
}

var readWords = []string{"SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK"}

// reads reports whether running the statement twice does what running it once
// does. In doubt it says no.
func reads(sql string) bool {
	return slices.Contains(readWords, firstWord(sql)) && !hasWord(sql, "INTO") && !severalStatements(sql)
}

// firstWord is the first keyword; parentheses around a SELECT do not count.
func firstWord(sql string) string {
	for t := range tokens(sql) {
		if t.text != "(" {
			return t.text
		}
	}
	return ""
}

func hasWord(sql, word string) bool {
	for t := range tokens(sql) {
		if t.text == word {
			return true
		}
	}
	return false
}

// severalStatements reports whether something follows the first semicolon.
func severalStatements(sql string) bool {
	ended := false
	for t := range tokens(sql) {
		if ended && t.text != ";" {
			return true
		}
		ended = ended || t.text == ";"
	}
	return false
}

// insertPlace finds where in "INSERT INTO t (a) SETTINGS x = 1 FORMAT Native"
// a FROM INFILE clause goes; ok is false for a statement that takes no data.
func insertPlace(sql string) (place int, ok bool) {
	var top []token
	for t := range tokens(sql) {
		if t.depth == 0 && t.text != ";" {
			top = append(top, t)
		}
	}
	n := len(top)
	if n < 5 || top[0].text != "INSERT" || top[n-2].text != "FORMAT" {
		return 0, false
	}
	// Three words are INSERT INTO name, which may look like a keyword.
	for _, t := range top[3 : n-2] {
		switch t.text {
		case "SELECT", "VALUES", "WITH", "FROM":
			return 0, false
		case "SETTINGS":
			return t.start, true
		}
	}
	return top[n-2].start, true
}
