package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"sync/atomic"
	"time"
)

// Headers between this package's two ends of the socket.
const (
	headerDeadline   = "X-Engine-Deadline"    // milliseconds the engine may spend on the request
	headerNotStarted = "X-Engine-Not-Started" // the engine is ending and did not touch the request

	headerException = "X-ClickHouse-Exception-Code" // a server's own
)

const (
	maxAttempts = 4         // requests to four engines in a row: then it is the request that kills them
	maxReplay   = 256 << 20 // bytes of a body kept to send it again
)

// deadlines gives every request over HTTP a deadline, to the end of its body.
type deadlines struct {
	next    http.RoundTripper
	timeout time.Duration
}

func (d *deadlines) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := limit(req.Context(), d.timeout)
	resp, err := d.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &body{ReadCloser: resp.Body, done: cancel}
	return resp, nil
}

func limit(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, timeout)
}

// transport brings requests to the engine of one directory, starting and
// replacing it as needed.
type transport struct {
	launch  *launcher
	http    *http.Transport
	timeout time.Duration
}

func newTransport(l *launcher, timeout time.Duration) *transport {
	return &transport{launch: l, timeout: timeout, http: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return l.connect(ctx) },
		// One connection per request costs 0.1 ms on a unix socket and makes
		// plain what a broken connection was doing.
		DisableKeepAlives:  true,
		DisableCompression: true,
	}}
}

func (t *transport) close() { t.launch.place.close() }

// RoundTrip sends the request, to a fresh engine again when the first one
// surely did not run it or when running it twice does no harm.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := limit(req.Context(), t.timeout)
	resp, err := t.attempts(ctx, cancel, req)
	if err != nil {
		// The end of the context explains more than what it did to the
		// connection.
		if ended := context.Cause(ctx); ended != nil {
			err = ended
		}
		cancel()
		return nil, err
	}
	return resp, nil
}

func (t *transport) attempts(ctx context.Context, cancel context.CancelFunc, req *http.Request) (*http.Response, error) {
	data, whole, err := replayable(req)
	if err != nil {
		return nil, err
	}
	attempts := maxAttempts
	if !whole {
		attempts = 1
	}
	var last error
	for range attempts {
		var begun atomic.Bool
		resp, err := t.once(withBegun(ctx, &begun), cancel, req, data)
		switch {
		case err == nil && resp.Header.Get(headerNotStarted) == "":
			return resp, nil
		case err == nil:
			resp.Body.Close()
			last = errors.New("the engine is ending")
		case ctx.Err() != nil || isStartError(err):
			return nil, err
		case begun.Load() && !repeatable(req, data):
			return nil, fmt.Errorf("%w (%w)", ErrEngineLost, err)
		default:
			last = err
		}
	}
	return nil, fmt.Errorf("%w (attempts: %d, the last: %w)", ErrEngineLost, attempts, last)
}

// withBegun notes whether the engine said that it begins. It says so before it
// does anything, and what it wrote reaches us even if it dies right after: a
// connection that broke without it carried a request that surely did not run.
func withBegun(ctx context.Context, begun *atomic.Bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			begun.Store(true)
			return nil
		},
	})
}

// replayable reads the body, so that it can be sent again. Of a body that is
// too large for that it returns the beginning, and the rest stays in req.
func replayable(req *http.Request) (data []byte, whole bool, err error) {
	if req.Body == nil {
		return nil, true, nil
	}
	data, err = io.ReadAll(io.LimitReader(req.Body, maxReplay+1))
	if err != nil {
		return nil, false, fmt.Errorf("read the data to send: %w", err)
	}
	return data, len(data) <= maxReplay, nil
}

// repeatable reports whether a request that may have run may run again.
func repeatable(req *http.Request, data []byte) bool {
	q := req.URL.Query()
	return q.Get("insert_deduplication_token") != "" || reads(q.Get("query")+"\n"+string(data))
}

// once sends the request and watches over the engine until the answer is
// read: one that does not tell its health any more is ended, which breaks the
// connection and so ends the waiting.
func (t *transport) once(ctx context.Context, cancel context.CancelFunc, req *http.Request, data []byte) (*http.Response, error) {
	watching, stop := context.WithCancel(ctx)
	out := req.Clone(ctx)
	if deadline, has := ctx.Deadline(); has {
		out.Header.Set(headerDeadline, strconv.FormatInt(max(time.Until(deadline).Milliseconds(), 1), 10))
	}
	if req.Body != nil {
		out.Body = io.NopCloser(bytes.NewReader(data))
		out.ContentLength = int64(len(data))
		if len(data) > maxReplay {
			out.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data), req.Body))
			out.ContentLength = -1
		}
	}
	go t.launch.watch(watching)
	resp, err := t.http.RoundTrip(out)
	if err != nil {
		stop()
		return nil, err
	}
	if resp.Header.Get(headerException) == strconv.Itoa(codeFull) {
		resp.Body.Close()
		stop()
		return nil, &DiskFullError{Dir: t.launch.place.dir}
	}
	done := func() { stop(); cancel() }
	if resp.Header.Get(headerNotStarted) != "" {
		done = stop // there will be another attempt
	}
	resp.Body = &body{ReadCloser: resp.Body, done: done, engine: true}
	return resp, nil
}

// body ends what belongs to a request when its answer has been read.
type body struct {
	io.ReadCloser
	done   context.CancelFunc
	engine bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.engine && err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w (%w)", ErrEngineLost, err)
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	return err
}
