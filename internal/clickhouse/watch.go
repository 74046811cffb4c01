package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How long an engine may be silent. Its health needs no query and no lock, so
// only a stopped process or a dead machine takes seconds to answer.
const (
	healthTimeout = 5 * time.Second
	healthMisses  = 2
)

var testOnlyWatchInterval = 5 * time.Second

// Health is what an engine tells of itself.
type Health struct {
	PID     int       // process id
	Since   time.Time // when it began to serve
	Queries []Running // what it is doing, oldest first
}

// Running is a query that an engine is working on.
type Running struct {
	SQL     string // the beginning of the statement
	Seconds float64
}

// watch asks for the engine's health until ctx ends, and ends an engine that
// stops answering.
func (l *launcher) watch(ctx context.Context) {
	tick := time.NewTicker(testOnlyWatchInterval)
	defer tick.Stop()
	misses := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := l.place.health(ctx)
		switch {
		case err == nil || refused(err):
			misses = 0
		case ctx.Err() == nil:
			misses++
		}
		if misses >= healthMisses {
			l.place.kill(ctx)
			misses = 0
		}
	}
}

// EngineHealth asks the engine of a directory for its health. It starts none:
// without one the error is [ErrNoEngine].
func EngineHealth(ctx context.Context, dir string) (Health, error) {
	p, err := newPlace(dir)
	if err != nil {
		return Health{}, err
	}
	defer p.close()
	h, err := p.health(ctx)
	if err != nil && refused(err) {
		return h, ErrNoEngine
	}
	return h, err
}

// health asks the running engine; it does not start one.
func (p *place) health(ctx context.Context) (Health, error) {
	ctx, cancel := context.WithTimeout(ctx, min(healthTimeout, testOnlyWatchInterval))
	defer cancel()
	resp, err := p.request(ctx, http.MethodGet, "/health")
	if err != nil {
		return Health{}, err
	}
	defer resp.Body.Close()
	var h Health
	if err := json.NewDecoder(resp.Body).Decode(&h); err != nil {
		return Health{}, fmt.Errorf("read the engine's health: %w", err)
	}
	return h, nil
}

func (p *place) request(ctx context.Context, method, path string) (*http.Response, error) {
	t := &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return p.dial(ctx) }}
	req, err := http.NewRequestWithContext(ctx, method, "http://engine"+path, nil)
	if err != nil {
		return nil, fmt.Errorf("ask the engine: %w", err)
	}
	return t.RoundTrip(req)
}

// kill ends the engine process, whatever it is doing, if it is one.
func (p *place) kill(ctx context.Context) {
	if pid := p.enginePID(ctx); pid > 1 {
		// It may have ended by itself since; then there is nothing to do.
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// enginePID is the process that listens on the socket: the kernel tells, even
// when the process itself does not answer. Where the kernel cannot be asked,
// it is the process that wrote its id into the lock that is still held.
func (p *place) enginePID(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if conn, err := p.dial(ctx); err == nil {
		defer conn.Close()
		if pid := peerPID(conn); pid > 0 {
			return pid
		}
	}
	return p.holder()
}

// holder is the process that holds the engine's lock, 0 when none does.
func (p *place) holder() int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if l, err := p.lock(ctx, lockName); err == nil {
		l.Unlock()
		return 0
	}
	text, err := os.ReadFile(p.path(lockName))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

// Stop ends the engine of a directory, if one runs, and returns when its
// files are free. Requests under way get some seconds to finish.
func Stop(ctx context.Context, dir string) error {
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return nil
	}
	p, err := newPlace(dir)
	if err != nil {
		return err
	}
	defer p.close()
	resp, err := p.request(ctx, http.MethodPost, "/stop")
	if err == nil {
		resp.Body.Close()
	}
	free, err := p.lock(ctx, lockName)
	if err != nil {
		return fmt.Errorf("wait for the engine of %q to end: %w", p.dir, err)
	}
	return free.Unlock()
}
