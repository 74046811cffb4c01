package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"vmaudit/internal/clickhouse/internal/chdb"

	"github.com/gofrs/flock"
)

// EngineOptions is what an engine process is told, on its command line.
type EngineOptions struct {
	Dir     string        // data directory
	Library string        // path of libchdb; default: [FindLibrary]
	Memory  uint64        // bytes all queries together may use; default half of the machine's
	Idle    time.Duration // end after this time without a request; default 1 min
	Ready   int           // file descriptor that takes the readiness report, 0 for none
}

func (o *EngineOptions) flags() *flag.FlagSet {
	f := flag.NewFlagSet("engine", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.Dir, "dir", "", "data directory")
	f.StringVar(&o.Library, "library", "", "path of libchdb")
	f.Uint64Var(&o.Memory, "memory", 0, "bytes all queries may use")
	f.DurationVar(&o.Idle, "idle", DefaultIdle, "end after this time without a request")
	f.IntVar(&o.Ready, "ready", 0, "file descriptor for the readiness report")
	return f
}

// ParseEngineArgs reads the arguments that a starter appends to
// Options.Engine: what follows "engine" on the command line.
func ParseEngineArgs(args []string) (EngineOptions, error) {
	var o EngineOptions
	f := o.flags()
	if err := f.Parse(args); err != nil {
		return o, fmt.Errorf("engine: %w", err)
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("engine: argument %q is not known", f.Arg(0))
	}
	if o.Dir == "" {
		return o, errors.New("engine: --dir is missing: this command is started by the others")
	}
	return o, nil
}

func (o EngineOptions) args() []string {
	return []string{"--dir", o.Dir, "--library", o.Library, "--memory", strconv.FormatUint(o.Memory, 10),
		"--idle", o.Idle.String(), "--ready", strconv.Itoa(o.Ready)}
}

func (o *EngineOptions) setDefaults() error {
	if o.Idle <= 0 {
		o.Idle = DefaultIdle
	}
	if o.Memory == 0 {
		o.Memory = machineMemory() / 2
	}
	if o.Library != "" {
		return nil
	}
	library, err := FindLibrary(o.Dir)
	o.Library = library
	return err
}

// Serve is the engine process: it loads libchdb, opens the directory and
// answers on its socket until it has been idle, ctx ends, it is told to stop,
// or a query cannot be stopped any more. The process should end when Serve
// returns, because the library's threads do not.
func Serve(ctx context.Context, o EngineOptions) error {
	s, err := newServer(ctx, o)
	if errors.Is(err, errServed) {
		report(o.Ready, nil)
		return nil
	}
	report(o.Ready, err)
	if err != nil {
		return err
	}
	return s.run(ctx)
}

// report tells the starter how the start went.
func report(fd int, err error) {
	if fd <= 0 {
		return
	}
	pipe := os.NewFile(uintptr(fd), "ready")
	defer pipe.Close()
	r := readiness{Ready: err == nil, Full: errors.Is(err, syscall.ENOSPC)}
	var directory *DirectoryError
	switch {
	case errors.As(err, &directory):
		r.Directory = directory.Reason
	case err != nil:
		r.Failure = err.Error()
	}
	// A starter that is gone needs no report.
	_ = json.NewEncoder(pipe).Encode(r)
}

// server is an engine that is ready to listen.
type server struct {
	options  EngineOptions
	place    *place
	lock     *flock.Flock
	keeper   *chdb.Conn // keeps the engine open between queries
	listener net.Listener
	socket   os.FileInfo // the socket file that is ours
	handler  *handler
	http     *http.Server
	conns    *connections
}

// takeover is how long a starting engine waits for the one before it, which
// may still be writing what it has in memory.
const takeover = 30 * time.Second

func newServer(ctx context.Context, o EngineOptions) (*server, error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	p, err := newPlace(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &server{options: o, place: p, conns: newConnections()}
	if s.lock, err = p.own(ctx); err != nil {
		return nil, err
	}
	if err := os.WriteFile(p.path(lockName), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return nil, directoryError(p.dir, err)
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, s.listen()
}

// errServed says that another engine came first and serves the directory.
var errServed = errors.New("another engine serves the directory")

// own takes the engine's lock. A starter that was killed leaves an engine that is
// just coming up and lets the next starter in: the one that holds the lock is then
// as good as ours.
func (p *place) own(ctx context.Context) (*flock.Flock, error) {
	ctx, cancel := context.WithTimeout(ctx, takeover)
	defer cancel()
	for {
		short, stop := context.WithTimeout(ctx, 100*time.Millisecond)
		lock, err := p.lock(short, lockName)
		stop()
		if err == nil || short.Err() == nil {
			return lock, err
		}
		if conn, err := p.dial(ctx); err == nil {
			conn.Close()
			return nil, errServed
		}
		if ctx.Err() != nil {
			return nil, &DirectoryError{Dir: p.dir, Reason: fmt.Sprintf("the engine with process id %d holds it and does not answer: end that process", p.holder())}
		}
	}
}

func (s *server) open() error {
	lib, err := chdb.Load(s.options.Library)
	if err != nil {
		return err
	}
	// On a path without this folder libchdb does not start what removes
	// dropped tables, and DROP ... SYNC waits for that for ever
	// (chdb-core pull request 173).
	if err := os.MkdirAll(filepath.Join(s.place.path(dataName), "metadata"), 0o700); err != nil {
		return directoryError(s.place.dir, err)
	}
	if err := removeCutDefinitions(s.place.dir); err != nil {
		return directoryError(s.place.dir, err)
	}
	connect := func() (*chdb.Conn, error) {
		return lib.Connect("--path="+s.place.path(dataName),
			"--max_server_memory_usage="+strconv.FormatUint(s.options.Memory, 10),
			// What was dropped must be gone, not kept for eight minutes.
			"--database_atomic_delay_before_drop_table_sec=1")
	}
	if s.keeper, err = connect(); err != nil {
		return s.refusal(err)
	}
	s.handler = newHandler(s.place.dir, connect)
	return nil
}

// refusal turns what libchdb printed into an error: it returns none.
func (s *server) refusal(err error) error {
	if err := checkRoom(s.place.dir); err != nil {
		return err
	}
	text, readErr := os.ReadFile(s.place.path(logName))
	if readErr == nil && strings.Contains(string(text), "Cannot lock file") {
		return &DirectoryError{Dir: s.place.dir, Reason: "another engine, not one of this program's, works in it: end that one, or name another directory"}
	}
	return fmt.Errorf("%w, see %q", err, s.place.path(logName))
}

func (s *server) listen() error {
	// Whoever holds the lock owns the name; what is there is from an engine
	// that was killed.
	if err := os.Remove(s.place.socket()); err != nil && !os.IsNotExist(err) {
		return directoryError(s.place.dir, err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.place.socket(), Net: "unix"})
	if err != nil {
		return fmt.Errorf("listen in %q: %w", s.place.dir, err)
	}
	l.SetUnlinkOnClose(false)
	s.listener = l
	if s.socket, err = os.Lstat(s.place.socket()); err != nil {
		return directoryError(s.place.dir, err)
	}
	return os.Chmod(s.place.socket(), 0o600)
}
