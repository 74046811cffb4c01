package chdb

import (
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strconv"
	"unsafe"
)

// Error is what the engine answers instead of a result.
type Error struct {
	Code int    // ClickHouse error code, 0 when the text has none
	Text string // "Code: 60. DB::Exception: ... (UNKNOWN_TABLE)"
}

func (e *Error) Error() string { return e.Text }

var codePattern = regexp.MustCompile(`Code: (\d+)\.`)

func newError(text string) *Error {
	e := &Error{Text: text}
	if m := codePattern.FindStringSubmatch(text); m != nil {
		// The pattern allows digits only; a number too long stays 0.
		e.Code, _ = strconv.Atoi(m[1])
	}
	return e
}

// Param is a value for {name:Type} in a query, in the escaped text form of the
// HTTP interface's param_ values.
type Param struct{ Name, Value string }

// Stream is a running query whose result is fetched in pieces.
type Stream struct {
	conn   *Conn
	handle uintptr
}

// Stream starts a SELECT-like query and returns before its result is complete.
// The error is an *[Error].
func (c *Conn) Stream(sql, format string, params []Param) (*Stream, error) {
	result := c.call(c.lib.stream, sql, format, params)
	if result == 0 {
		return nil, newError("the engine gave no result")
	}
	if text := c.lib.errText(result); text != "" {
		c.lib.destroy(result)
		return nil, newError(text)
	}
	return &Stream{conn: c, handle: result}, nil
}

// Next writes the next piece of the result to w; io.EOF means that there is
// none. An error of the engine is an *[Error], any other is the writer's.
func (s *Stream) Next(w io.Writer) error {
	lib := s.conn.lib
	chunk := lib.fetch(s.conn.inner, s.handle)
	if chunk == 0 {
		return io.EOF
	}
	defer lib.destroy(chunk)
	if text := lib.errText(chunk); text != "" {
		return newError(text)
	}
	data := lib.bytes(chunk)
	if len(data) == 0 {
		return io.EOF
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// Cancel stops the query between two pieces.
func (s *Stream) Cancel() { s.conn.lib.cancel(s.conn.inner, s.handle) }

// Close gives the result back to the library. It must be called once.
func (s *Stream) Close() { s.conn.lib.destroy(s.handle) }

// Exec runs a query to its end and writes the complete result to w.
func (c *Conn) Exec(w io.Writer, sql, format string, params []Param) error {
	result := c.call(c.lib.query, sql, format, params)
	if result == 0 {
		return newError("the engine gave no result")
	}
	defer c.lib.destroy(result)
	if text := c.lib.errText(result); text != "" {
		return newError(text)
	}
	if _, err := w.Write(c.lib.bytes(result)); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// bytes is the result's own memory: valid until the result is destroyed.
func (l *Library) bytes(result uintptr) []byte {
	n := l.length(result)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(l.buffer(result)), n)
}

type queryFunc = func(conn uintptr, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr,
	names, nameLens, values, valueLens unsafe.Pointer, n uintptr) uintptr

func (c *Conn) call(f queryFunc, sql, format string, params []Param) uintptr {
	var pin runtime.Pinner
	defer pin.Unpin()
	names, values := newStrings(&pin), newStrings(&pin)
	for _, p := range params {
		names.add(p.Name)
		values.add(p.Value)
	}
	s, f8 := newStrings(&pin), newStrings(&pin)
	s.add(sql)
	f8.add(format)
	return f(c.inner, s.ptrs[0], s.lens[0], f8.ptrs[0], f8.lens[0],
		names.array(), names.lengths(), values.array(), values.lengths(), uintptr(len(params)))
}

// stringArray is a C array of strings with their lengths, pinned for one call.
type stringArray struct {
	pin  *runtime.Pinner
	ptrs []unsafe.Pointer
	lens []uintptr
}

func newStrings(pin *runtime.Pinner) *stringArray { return &stringArray{pin: pin} }

func (a *stringArray) add(s string) {
	c := append([]byte(s), 0)
	a.pin.Pin(&c[0])
	a.ptrs = append(a.ptrs, unsafe.Pointer(&c[0]))
	a.lens = append(a.lens, uintptr(len(s)))
}

func (a *stringArray) array() unsafe.Pointer {
	if len(a.ptrs) == 0 {
		return nil
	}
	a.pin.Pin(&a.ptrs[0])
	return unsafe.Pointer(&a.ptrs[0])
}

func (a *stringArray) lengths() unsafe.Pointer {
	if len(a.lens) == 0 {
		return nil
	}
	a.pin.Pin(&a.lens[0])
	return unsafe.Pointer(&a.lens[0])
}
