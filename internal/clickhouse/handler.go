package clickhouse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"vmaudit/internal/clickhouse/internal/chdb"
)

// handler speaks ClickHouse's HTTP interface, as far as the driver uses it,
// and answers with what libchdb says.
type handler struct {
	dir     string
	connect func() (*chdb.Conn, error)
	closing atomic.Bool   // refuse what has not begun
	stop    chan struct{} // told to stop
	stuck   chan error    // a query that cannot be stopped
	running *queries
	since   time.Time
}

func newHandler(dir string, connect func() (*chdb.Conn, error)) *handler {
	return &handler{dir: dir, connect: connect, stop: make(chan struct{}, 1), stuck: make(chan error, 1), running: newQueries(), since: time.Now()}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/health":
		h.health(w)
	case "/stop":
		h.end()
	case "/":
		h.query(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (h *handler) end() {
	select {
	case h.stop <- struct{}{}:
	default: // it has been told already
	}
}

// query answers one request. Once a byte of the result is out, an error can
// only be told inside the result, as a server does.
func (h *handler) query(w http.ResponseWriter, r *http.Request) {
	q, err := readQuery(r)
	if err != nil {
		fail(w, err)
		return
	}
	defer q.close()
	if h.closing.Load() {
		w.Header().Set(headerNotStarted, "1")
		http.Error(w, "the engine is ending", http.StatusServiceUnavailable)
		return
	}
	// From here on a client whose connection breaks must think that it ran.
	w.WriteHeader(http.StatusProcessing)
	out := newAnswer(w)
	if err := h.define(r.Context(), q, out); err != nil {
		out.fail(err)
		return
	}
	out.finish()
}

// define runs a query, and one that defines a table with more care. An engine that
// has a table whose definition was not written ends, to forget it.
func (h *handler) define(ctx context.Context, q *query, out *answer) error {
	if !defines(q.sql) {
		return h.run(ctx, q, out)
	}
	if err := checkRoom(h.dir); err != nil {
		return err
	}
	if err := h.run(ctx, q, out); err != nil {
		return err
	}
	err := checkDefinitions(h.dir)
	if err != nil {
		h.end()
	}
	return err
}

func (h *handler) health(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	// The asker notices a broken answer.
	_ = json.NewEncoder(w).Encode(h.status())
}

func (h *handler) status() Health {
	return Health{PID: os.Getpid(), Since: h.since, Queries: h.running.list()}
}

// run runs a query on a connection of its own, so that its settings, its
// database and its failures stay its own.
func (h *handler) run(ctx context.Context, q *query, out *answer) error {
	ctx, cancel := q.limit(ctx)
	defer cancel()
	conn, err := h.connect()
	if err != nil {
		return err
	}
	tag, ended := h.running.begin(q.sql)
	result := make(chan error, 1)
	go func() {
		defer ended()
		defer conn.Close()
		result <- q.run(ctx, conn, tag, out)
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return h.interrupt(ctx, tag, q, result)
	}
}

// stopGrace is how long a query may take to notice that it is to end.
const stopGrace = 2 * time.Second

// interrupt ends a query whose caller is gone or whose time is up. A query
// that does not end makes the engine end itself: the next request gets a
// fresh one.
func (h *handler) interrupt(ctx context.Context, tag string, q *query, result <-chan error) error {
	give := time.NewTimer(stopGrace)
	defer give.Stop()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		// A query that is just beginning is not known to the engine yet, so
		// one attempt is not enough. Its result does not matter: only the
		// end of the query does.
		go h.kill(tag)
		select {
		case <-result:
			return interrupted(ctx)
		case <-again.C:
		case <-give.C:
			select {
			case h.stuck <- fmt.Errorf("a query could not be stopped: %q", q.sql[:min(len(q.sql), 200)]):
			default: // the engine is ending already
			}
			return interrupted(ctx)
		}
	}
}

func interrupted(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &chdb.Error{Code: 159, Text: "Code: 159. DB::Exception: Timeout exceeded: the deadline of the request has passed. (TIMEOUT_EXCEEDED)"}
	}
	return &chdb.Error{Code: 394, Text: "Code: 394. DB::Exception: Query was cancelled. (QUERY_WAS_CANCELLED)"}
}

func (h *handler) kill(tag string) {
	conn, err := h.connect()
	if err != nil {
		return
	}
	defer conn.Close()
	// SYNC would wait here for ever, beside the query that it kills.
	_ = conn.Exec(io.Discard, "KILL QUERY WHERE endsWith(Settings['log_comment'], {tag:String}) ASYNC", "Null",
		[]chdb.Param{{Name: "tag", Value: tag}})
}

// fail answers with an error before anything else was answered.
func fail(w http.ResponseWriter, err error) {
	code, text := exception(err)
	w.Header().Set(headerException, strconv.Itoa(code))
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, text)
}

// codeFull is ClickHouse's NOT_ENOUGH_SPACE, told before anything is written.
const codeFull = 243

// exception is the form in which a server tells an error. A disk that became full
// while it was written to has other codes of its own.
func exception(err error) (code int, text string) {
	if errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "strerror: No space left on device") {
		return codeFull, err.Error()
	}
	var e *chdb.Error
	if errors.As(err, &e) && e.Code != 0 {
		return e.Code, e.Text
	}
	return 1002, fmt.Sprintf("Code: 1002. DB::Exception: %s. (UNKNOWN_EXCEPTION)", err)
}

// answer is a result on its way out. The first bytes are held back for a
// moment, because most errors come before them and then have a status code.
//
// A query that could not be stopped may still write when its request has been
// answered; then there is nobody to write to.
type answer struct {
	mu    sync.Mutex
	over  bool
	w     http.ResponseWriter
	tag   string
	held  bytes.Buffer
	began bool
}

func newAnswer(w http.ResponseWriter) *answer { return &answer{w: w, tag: exceptionTag()} }

const holdBack = 64 << 10

func (a *answer) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return 0, net.ErrClosed
	}
	if !a.began && a.held.Len()+len(p) <= holdBack {
		return a.held.Write(p)
	}
	if err := a.begin(); err != nil {
		return 0, err
	}
	return a.w.Write(p)
}

func (a *answer) begin() error {
	if a.began {
		return nil
	}
	a.began = true
	a.w.Header().Set("X-ClickHouse-Exception-Tag", a.tag)
	_, err := a.w.Write(a.held.Bytes())
	return err
}

func (a *answer) finish() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	// A caller that is gone does not miss the rest.
	_ = a.begin()
}

// fail tells an error in the middle of a result in the frame that servers put
// around it.
func (a *answer) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	if !a.began {
		fail(a.w, err)
		return
	}
	_, text := exception(err)
	text = strings.TrimRight(text, "\n") + "\n"
	_, _ = fmt.Fprintf(a.w, "\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n", a.tag, text, len(text), a.tag)
}
