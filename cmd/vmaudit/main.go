// Command vmaudit finds out who was exposed when a telephone system let callers
// hear other people's voicemail.
//
// One file per command; the exit codes are one table, in exit.go; the rules of
// the tool's voice are in voice.go. A command reads its flags, calls a room, and
// prints: what it knows is in the rooms.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program but the process: tests call it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	t := &tool{stdin: stdin, stdout: stdout, stderr: stderr}
	return t.exit(ctx, newApp(t).RunContext(ctx, args))
}
