// Package chdb binds the few functions of libchdb (the ClickHouse engine as
// one shared library) that an engine process needs: load, connect, query,
// stream. It uses no cgo.
//
// The usual path is [Load], then [Library.Connect] once, then [Conn.Stream]
// for every query.
//
// Its stance: the library is a guest that must not be trusted with the
// process. It replaces signal handlers that the Go runtime depends on, so
// loading and connecting put them back; it may crash or never return, so only
// a process that others can replace should load it.
package chdb

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Library is a loaded libchdb. A process loads it at most once and never
// unloads it: its threads do not end.
type Library struct {
	connect    func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	closeConn  func(conn unsafe.Pointer)
	setSignals func(enabled int32)

	stream  queryFunc
	query   queryFunc
	fetch   func(conn, stream uintptr) uintptr
	cancel  func(conn, stream uintptr)
	destroy func(result uintptr)

	buffer  func(result uintptr) unsafe.Pointer
	length  func(result uintptr) uintptr
	errText func(result uintptr) string
}

// Load opens libchdb at path. The error names a symbol that is missing, which
// means that the library is of another version than this binding.
func Load(path string) (*Library, error) {
	restore, err := saveSignals()
	if err != nil {
		return nil, err
	}
	defer restore()
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load %q: %w", path, err)
	}
	l := &Library{}
	for name, fn := range map[string]any{
		"chdb_connect":                     &l.connect,
		"chdb_close_conn":                  &l.closeConn,
		"chdb_set_signal_handlers_enabled": &l.setSignals,
		"chdb_stream_query_with_params_n":  &l.stream,
		"chdb_query_with_params_n":         &l.query,
		"chdb_stream_fetch_result":         &l.fetch,
		"chdb_stream_cancel_query":         &l.cancel,
		"chdb_destroy_query_result":        &l.destroy,
		"chdb_result_buffer":               &l.buffer,
		"chdb_result_length":               &l.length,
		"chdb_result_error":                &l.errText,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("load %q: no function %q, use the version that package-lock.json pins: %w", path, name, err)
		}
		purego.RegisterFunc(fn, symbol)
	}
	l.setSignals(0)
	return l, nil
}

// Conn is one connection to the engine of this process. Settings made with
// SET last as long as it does. It is for one goroutine at a time.
type Conn struct {
	lib    *Library
	handle unsafe.Pointer // chdb_connection*, which chdb_close_conn wants
	inner  uintptr        // chdb_connection, which all other calls want
}

// ErrNoConnection is returned when libchdb gives no connection. It prints the
// reason to the standard error of the process and returns none.
var ErrNoConnection = errors.New("the engine gave no connection")

// Connect opens a connection with arguments in the form of a command line
// ("--path=DIR", "--max_threads=2"); the first connection starts the engine.
func (l *Library) Connect(args ...string) (*Conn, error) {
	restore, err := saveSignals()
	if err != nil {
		return nil, err
	}
	defer restore()
	var pin runtime.Pinner
	defer pin.Unpin()
	argv := make([]unsafe.Pointer, 0, len(args)+2)
	for _, arg := range append([]string{"clickhouse"}, args...) {
		c := append([]byte(arg), 0)
		pin.Pin(&c[0])
		argv = append(argv, unsafe.Pointer(&c[0]))
	}
	argv = append(argv, nil)
	handle := l.connect(int32(len(argv)-1), unsafe.Pointer(&argv[0]))
	runtime.KeepAlive(argv)
	if handle == nil {
		return nil, ErrNoConnection
	}
	inner := *(*uintptr)(handle)
	if inner == 0 {
		return nil, ErrNoConnection
	}
	return &Conn{lib: l, handle: handle, inner: inner}, nil
}

// Close ends the connection; closing the last one ends the engine.
func (c *Conn) Close() {
	c.lib.closeConn(c.handle)
}
