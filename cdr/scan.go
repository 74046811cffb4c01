package cdr

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// lineLimit is the longest line that is read. Exports have lines of a few
	// hundred bytes; a caller can send a name of any length.
	lineLimit = 1 << 20
	// rowLimit and rowLines bound a row of several lines, so that a quote that
	// is never closed costs little and hides only its own line.
	rowLimit = 1 << 16
	rowLines = 100
)

// scanner cuts an export into rows and rows into fields. A quoted field may
// contain commas, doubled quotes and line breaks. Where a row makes no sense,
// only its first line is given up and reading goes on at the next: a broken
// quote must not swallow the lines after it.
type scanner struct {
	in     io.Reader
	fits   func() bool // does the row of several lines that was just cut make sense?
	buf    []byte      // unread input is buf[pos:]
	pos    int
	eof    bool
	err    error // of in, other than io.EOF
	line   int   // lines before pos
	offset int64 // bytes before pos

	// the row found last
	raw     []byte
	rowLine int
	fields  []span
	plain   []byte // unquoted text of fields with doubled quotes
	fault   string // why raw is no row, "" if it is one
}

// span is a field: a part of raw, or of plain.
type span struct {
	from, to int
	inPlain  bool
}

func (s *scanner) field(i int) []byte {
	f := s.fields[i]
	if f.inPlain {
		return s.plain[f.from:f.to]
	}
	return s.raw[f.from:f.to]
}

// next finds the next row. It returns false at the end, or when the input
// failed; what follows the last line break before a failure is not read.
func (s *scanner) next() bool {
	n, ok := s.lineEnd(0)
	if !ok {
		return false
	}
	if s.offset == 0 && n > 0 && bytes.HasPrefix(s.buf[s.pos:], byteOrderMark) {
		s.pos, s.offset, n = s.pos+len(byteOrderMark), int64(len(byteOrderMark)), n-len(byteOrderMark)
	}
	s.rowLine = s.line + 1
	if n < 0 {
		return s.discardLine()
	}
	switch s.split(n) {
	case whole:
		fault := ""
		if s.cut(n) {
			fault = "the last line has no line break: the file is cut, or still being written; import it again when it is whole"
		}
		s.take(n, 1, fault)
		return true
	case malformed:
		s.take(n, 1, "text after a closing quote, or a quote inside an unquoted value")
		return true
	}
	return s.nextLong(n)
}

// nextLong finds the end of a row whose first line, n bytes, ends inside a
// quote.
func (s *scanner) nextLong(n int) bool {
	for end, lines := n, 1; lines < rowLines; lines++ {
		var ok bool
		if end, ok = s.lineEnd(end); !ok || end < 0 || end > rowLimit {
			break
		}
		state := s.split(end)
		if state == malformed {
			break
		}
		if s.raw = trimBreak(s.buf[s.pos : s.pos+end]); state == whole && !s.cut(end) && s.fits() {
			s.take(end, lines+1, "")
			return true
		}
		if state == whole {
			break
		}
	}
	fault := "a quote is not closed"
	if s.cut(n) {
		fault = "the last line ends inside a quote: the file is cut, or still being written; import it again when it is whole"
	}
	if s.err == nil {
		s.take(n, 1, fault)
	}
	return s.err == nil
}

// cut reports whether the next n bytes are a last line without a line break. What
// its last value would have become cannot be told, and a row with half a key would
// be another one than the whole row is.
func (s *scanner) cut(n int) bool {
	return s.pos+n == len(s.buf) && s.buf[s.pos+n-1] != '\n'
}

// take consumes n bytes as the row that next returns.
func (s *scanner) take(n, lines int, fault string) {
	s.raw = trimBreak(s.buf[s.pos : s.pos+n])
	s.fault = fault
	s.pos += n
	s.offset += int64(n)
	s.line += lines
}

// discardLine skips a line that is too long and keeps its beginning as raw.
func (s *scanner) discardLine() bool {
	head := bytes.Clone(s.buf[s.pos : s.pos+lineLimit])
	total := int64(0)
	for {
		i := bytes.IndexByte(s.buf[s.pos:], '\n')
		if i >= 0 {
			s.pos += i + 1
			total += int64(i + 1)
			break
		}
		total += int64(len(s.buf) - s.pos)
		s.pos = len(s.buf)
		if !s.fill() {
			break
		}
	}
	s.raw, s.fault = head, fmt.Sprintf("the line has more than %d bytes", lineLimit)
	s.offset += total
	s.line++
	return s.err == nil
}

// lineEnd returns where the line that begins at pos+from ends, behind its line
// break, relative to pos. It returns -1 for a line that is too long, and false
// when there is no further line.
func (s *scanner) lineEnd(from int) (end int, ok bool) {
	for searched := from; ; {
		if i := bytes.IndexByte(s.buf[s.pos+searched:], '\n'); i >= 0 {
			if end = searched + i + 1; end-from > lineLimit {
				return -1, true
			}
			return end, true
		}
		searched = len(s.buf) - s.pos
		if searched-from > lineLimit {
			return -1, true
		}
		if !s.fill() {
			return searched, searched > from && s.err == nil
		}
	}
}

// fill reads more input behind what is unread; pos moves to the front.
func (s *scanner) fill() bool {
	if s.eof || s.err != nil {
		return false
	}
	rest := copy(s.buf, s.buf[s.pos:])
	s.buf, s.pos = s.buf[:rest], 0
	if cap(s.buf)-rest < 1<<15 {
		grown := make([]byte, rest, max(1<<17, 2*cap(s.buf)))
		copy(grown, s.buf)
		s.buf = grown
	}
	n, err := readSome(s.in, s.buf[rest:cap(s.buf)])
	s.buf = s.buf[:rest+n]
	if errors.Is(err, io.EOF) {
		s.eof = true
	} else if err != nil {
		s.err = err
	}
	return n > 0
}

// readSome reads at least one byte or returns an error.
func readSome(r io.Reader, b []byte) (int, error) {
	for range 100 {
		if n, err := r.Read(b); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

func trimBreak(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

type splitState uint8

const (
	whole splitState = iota
	openQuote
	malformed
)

// split cuts the first n unread bytes into fields.
func (s *scanner) split(n int) splitState {
	b := trimBreak(s.buf[s.pos : s.pos+n])
	s.fields, s.plain = s.fields[:0], s.plain[:0]
	for at := 0; ; {
		next, state := s.splitField(b, at)
		if state != whole {
			return state
		}
		if next == len(b) {
			return whole
		}
		if at = next + 1; b[next] != ',' {
			return malformed
		}
	}
}

// splitField reads the field at b[at:] and returns where it ends.
func (s *scanner) splitField(b []byte, at int) (int, splitState) {
	if at < len(b) && b[at] == '"' {
		return s.splitQuoted(b, at+1)
	}
	end := len(b)
	if i := bytes.IndexByte(b[at:], ','); i >= 0 {
		end = at + i
	}
	if bytes.IndexByte(b[at:end], '"') >= 0 {
		return end, malformed
	}
	s.fields = append(s.fields, span{from: at, to: end})
	return end, whole
}

func (s *scanner) splitQuoted(b []byte, at int) (int, splitState) {
	from, copied := at, len(s.plain)
	doubled := false
	for {
		i := bytes.IndexByte(b[at:], '"')
		if i < 0 {
			return len(b), openQuote
		}
		i += at
		if i+1 == len(b) || b[i+1] != '"' {
			if doubled {
				s.plain = append(s.plain, b[from:i]...)
				s.fields = append(s.fields, span{copied, len(s.plain), true})
			} else {
				s.fields = append(s.fields, span{from: from, to: i})
			}
			return i + 1, whole
		}
		doubled = true
		s.plain = append(s.plain, b[from:i+1]...)
		from, at = i+2, i+2
	}
}
