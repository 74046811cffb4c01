package clickhouse

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// How an engine ends. New requests are refused before anything else, in a way
// that their clients know they did not run; the others get time to finish.
const (
	finishTime = 10 * time.Second       // for requests under way
	quietTime  = 100 * time.Millisecond // without a connection: then none is on its way any more
)

func (s *server) run(ctx context.Context) error {
	defer s.lock.Unlock()
	s.http = &http.Server{Handler: s.handler, ConnState: s.conns.changed, ReadHeaderTimeout: finishTime}
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.listener) }()
	tick := time.NewTicker(min(max(s.options.Idle/10, 10*time.Millisecond), time.Second))
	defer tick.Stop()
	for {
		select {
		case err := <-served:
			return err
		case <-ctx.Done():
			return s.end(nil)
		case <-s.handler.stop:
			return s.end(nil)
		case err := <-s.handler.stuck:
			return s.end(err)
		case <-tick.C:
			if s.conns.idle() >= s.options.Idle || !s.owns() {
				return s.end(nil)
			}
		}
	}
}

// owns reports whether the socket file is still ours: somebody may have
// removed the directory.
func (s *server) owns() bool {
	now, err := os.Lstat(s.place.socket())
	return err == nil && os.SameFile(s.socket, now)
}

// end refuses what comes, waits for what runs, and closes the data. With a
// stuck query the data are not closed: that would wait for the query.
func (s *server) end(stuck error) error {
	s.handler.closing.Store(true)
	if s.owns() {
		_ = os.Remove(s.place.socket())
	}
	limit := finishTime
	if stuck != nil {
		limit = time.Second
	}
	s.conns.drain(limit)
	err := s.http.Close()
	if stuck != nil {
		return stuck
	}
	if s.conns.idle() == 0 {
		return errors.New("ended with requests under way")
	}
	s.keeper.Close()
	return err
}

// connections counts open connections.
type connections struct {
	mu    sync.Mutex
	open  map[net.Conn]bool
	since time.Time // when the last one closed
}

func newConnections() *connections {
	return &connections{open: map[net.Conn]bool{}, since: time.Now()}
}

func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.open[conn] = true
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
		c.since = time.Now()
	}
}

// idle is the time since there was a connection, 0 while there is one.
func (c *connections) idle() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) > 0 {
		return 0
	}
	return max(time.Since(c.since), 1)
}

// drain waits until there was no connection for a while, or until limit.
func (c *connections) drain(limit time.Duration) {
	c.mu.Lock()
	c.since = time.Now()
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tick := time.NewTicker(quietTime / 10)
	defer tick.Stop()
	for c.idle() < quietTime {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
