package main

// The voice of the tool:
//
//   - data goes to stdout and to nothing else; everything else goes to stderr;
//   - a line on stderr begins with "vmaudit: ", in lower case, without a full stop;
//   - what a person typed, or a file contains, stands in quotes (%q);
//   - a hint is a line of its own and begins with "vmaudit: hint: ";
//   - progress is for terminals only; a log file gets none.

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// tool is what every command has at hand.
type tool struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

func (t *tool) sayf(format string, args ...any) {
	fmt.Fprintf(t.stderr, "vmaudit: %s\n", printable(fmt.Sprintf(format, args...)))
}

func (t *tool) errorf(format string, args ...any) { t.sayf(format, args...) }

func (t *tool) hintf(format string, args ...any) { t.sayf("hint: "+format, args...) }

// printable takes out what would move a cursor, turn text around or break a table:
// file names and what people typed are shown to others.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '?'
		}
		return r
	}, s)
}

// terminal reports whether stderr is one.
func (t *tool) terminal() bool {
	f, ok := t.stderr.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// bar returns a progress bar over n, or nil when nobody would see it. With bytes
// it shows rate, share and time left of a file.
func (t *tool) bar(what string, n int64, bytes bool) *progressbar.ProgressBar {
	if !t.terminal() {
		return nil
	}
	return progressbar.NewOptions64(n,
		progressbar.OptionSetWriter(t.stderr),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(bytes),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}
