package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// startTimeout is for the slowest start: 559 MB of library from a cold disk.
const startTimeout = 2 * time.Minute

// launcher starts the engine of a directory and replaces it when it hangs.
type launcher struct {
	place   *place
	options Options
}

// connect returns a connection to a running engine.
func (l *launcher) connect(ctx context.Context) (net.Conn, error) {
	conn, err := l.place.dial(ctx)
	if err == nil || !refused(err) {
		return conn, err
	}
	starting, err := l.place.lock(ctx, startName)
	if err != nil {
		return nil, err
	}
	defer starting.Unlock()
	// Whoever held the lock before may have started it.
	if conn, err := l.place.dial(ctx); err == nil || !refused(err) {
		return conn, err
	}
	if err := l.start(ctx); err != nil {
		return nil, err
	}
	return l.place.dial(ctx)
}

// start runs the engine and returns when it listens.
func (l *launcher) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	library, err := FindLibrary(l.place.dir)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(l.place.path(logName), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return directoryError(l.place.dir, err)
	}
	defer log.Close()
	command, err := l.command(library)
	if err != nil {
		return err
	}
	command.Stdout, command.Stderr = log, log
	answer, ours, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start the engine: %w", err)
	}
	defer answer.Close()
	command.ExtraFiles = []*os.File{ours}
	err = command.Start()
	ours.Close()
	if err != nil {
		return &EngineStartError{Dir: l.place.dir, Reason: err.Error()}
	}
	go command.Wait() // so that it is no zombie when it ends before us
	// An engine whose start nobody waits for any more must not stay.
	stop := context.AfterFunc(ctx, func() { command.Process.Kill() })
	defer stop()
	text, err := io.ReadAll(answer)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("start the engine: %w", err)
	}
	return l.started(text)
}

func (l *launcher) command(library string) (*exec.Cmd, error) {
	argv := l.options.Engine
	if len(argv) == 0 {
		program, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("start the engine: find this program: %w", err)
		}
		argv = []string{program, "engine"}
	}
	program, err := exec.LookPath(argv[0])
	if err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	options := EngineOptions{Dir: l.place.dir, Library: library, Memory: l.options.Memory, Idle: l.options.Idle, Ready: 3}
	c := exec.Command(program, append(argv[1:len(argv):len(argv)], options.args()...)...)
	c.Dir = l.place.dir // not a folder that somebody may want to remove or unmount
	// Columns without a time zone of their own must not depend on which
	// user's shell started the engine.
	c.Env = append(os.Environ(), "TZ=UTC")
	// Ctrl-C in the terminal of the process that happened to start it must
	// not end the work of the others.
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return c, nil
}

// readiness is what a starting engine writes to its starter: one JSON object.
type readiness struct {
	Ready     bool
	Full      bool   `json:",omitempty"` // a DiskFullError
	Directory string `json:",omitempty"` // reason of a DirectoryError
	Failure   string `json:",omitempty"` // any other reason
}

func (l *launcher) started(answer []byte) error {
	var r readiness
	if err := json.Unmarshal(answer, &r); err != nil {
		return &EngineStartError{Dir: l.place.dir, Reason: l.lastWords()}
	}
	switch {
	case r.Ready:
		return nil
	case r.Full:
		return &DiskFullError{Dir: l.place.dir}
	case r.Directory != "":
		return &DirectoryError{Dir: l.place.dir, Reason: r.Directory}
	}
	return &EngineStartError{Dir: l.place.dir, Reason: r.Failure}
}

func (l *launcher) lastWords() string {
	text, err := os.ReadFile(l.place.path(logName))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if last := lines[len(lines)-1]; err == nil && last != "" {
		return fmt.Sprintf("its last words are %q, all are in %q", last, l.place.path(logName))
	}
	return "it ended without a word: try again, with more memory free"
}

// isStartError reports whether an engine could not be started, or has no room:
// trying again at once gives the same.
func isStartError(err error) bool {
	var directory *DirectoryError
	var library *LibraryNotFoundError
	var start *EngineStartError
	return errors.Is(err, syscall.ENOSPC) || errors.As(err, &directory) || errors.As(err, &library) || errors.As(err, &start)
}
