package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"vmaudit/analysis"
	"vmaudit/internal/access"
)

// Exit codes.
const (
	exitOK       = 0
	exitFailure  = 1
	exitUsage    = 2
	exitProven   = 3
	exitPossible = 4
)

const exitTable = `EXIT CODES:
   0  done; of audit and affected: no extension was exposed
   1  failure
   2  usage: unknown command or flag, bad value, a purpose that is none
   3  audit, affected: playback confirmed, or a mailbox opened by a stranger;
      canary detect: a canary was heard;
      hear: something else than a healthy mailbox, or a canary, was heard
   4  audit, affected: exposed, by weaker evidence only;
      hear: of some file it cannot be told what was heard
`

// usageError is a mistake of the person at the keyboard.
type usageError struct {
	msg  string
	hint string
}

func (e *usageError) Error() string { return e.msg }

func usagef(hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), hint}
}

// severityError is how a command that found something ends: nothing is wrong
// with the command.
type severityError struct{ severity analysis.Severity }

func (e *severityError) Error() string { return "exposed" }

// exit prints err, if there is anything to say, and returns the code.
func (t *tool) exit(ctx context.Context, err error) int {
	var usage *usageError
	var severity *severityError
	var purpose *access.UnknownPurposeError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &severity):
		return map[analysis.Severity]int{analysis.Proven: exitProven, analysis.Possible: exitPossible}[severity.severity]
	case errors.As(err, &usage):
		t.errorf("%v", usage)
		if usage.hint != "" {
			t.hintf("%s", usage.hint)
		}
		return exitUsage
	case errors.As(err, &purpose):
		t.lines(err)
		return exitUsage
	case strings.HasPrefix(err.Error(), "No help topic for"):
		t.errorf("%s", lowerFirst(err.Error()))
		t.hintf("see vmaudit --help")
		return exitUsage
	case ctx.Err() != nil:
		t.errorf("interrupted: run the same command again to go on")
		return exitFailure
	}
	t.lines(err)
	if errors.Is(err, syscall.ENOSPC) {
		t.hintf("make room on that disk and run the same command again: what was stored stays")
	}
	return exitFailure
}

// lines prints an error of several lines, each as the voice wants it.
func (t *tool) lines(err error) {
	for line := range strings.Lines(err.Error()) {
		t.errorf("%s", strings.TrimRight(line, "\n"))
	}
}
