package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/sound"
)

func canaryCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "canary",
		Usage: "test messages whose playback to anybody else proves a leak: mint, write and hear them",
		Subcommands: []*cli.Command{
			canaryEncodeCommand(t), canaryDetectCommand(t), canaryMintCommand(t), canaryListCommand(t),
		},
	}
}

func canaryEncodeCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "encode",
		Usage: "write a canary as sound, to be left as a message",
		Description: `The file is 8 kHz mono: WAV of 16 bits, or raw by its ending (.alaw, .ulaw, .sln);
-o - writes WAV to standard output. A message that is planted begins with a spoken
sentence which says that it is a test and may be deleted: your own recording, in
--preamble. Both together take at most 10 seconds, the token alone 5.8.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "id", Usage: "`HEX12` of the canary, from vmaudit canary mint (required)"},
			&cli.StringFlag{Name: "preamble", Usage: "sound `FILE` that stands before the token"},
			&cli.StringFlag{Name: "o", Usage: "`FILE` to write (required)"},
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if c.String("id") == "" || c.String("o") == "" {
				return usagef("see vmaudit canary encode --help", "canary encode needs --id and -o")
			}
			id, err := canary.ParseID(c.String("id"))
			if err != nil {
				return usagef("vmaudit canary mint makes one", "%v", err)
			}
			form, err := formToWrite(c.String("o"))
			if err != nil {
				return err
			}
			preamble, err := t.preamble(c.String("preamble"))
			if err != nil {
				return err
			}
			message, err := canary.Message(preamble, id)
			if err != nil {
				return usagef("", "%q: %v", c.String("preamble"), err)
			}
			if err := t.writeSound(c.String("o"), form, message); err != nil {
				return err
			}
			t.sayf("canary %v: %.1f seconds", id, float64(len(message))/sound.Rate)
			return nil
		},
	}
}

func formToWrite(name string) (sound.Form, error) {
	if name == "-" {
		return sound.Form{Name: "wav"}, nil
	}
	form, ok := sound.FormOf(name)
	if !ok || form.Rate > sound.Rate {
		return form, usagef("", "%q does not end in .wav, .alaw, .ulaw or .sln", name)
	}
	return form, nil
}

// preamble reads a recording, of which more than a message may be long is not read.
func (t *tool) preamble(name string) (samples []int16, err error) {
	if name == "" {
		return nil, nil
	}
	err = t.listen(name, sound.Form{}, func(piece []int16) error {
		samples = append(samples, piece...)
		if len(samples) > int(canary.Longest/time.Second)*sound.Rate {
			return usagef("cut it", "%q: a preamble of more than %.0f seconds", name, canary.Longest.Seconds())
		}
		return nil
	})
	if err == nil && len(samples) == 0 {
		err = fmt.Errorf("%q: there is no sound in it", name)
	}
	return samples, err
}

// listen opens a file, or standard input for "-", and calls hear with its sound,
// piece by piece, until that fails.
func (t *tool) listen(name string, form sound.Form, hear func(piece []int16) error) error {
	in := t.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	r, err := sound.Open(in, name, form)
	piece := make([]int16, 1600)
	for n := 0; err == nil; {
		if n, err = r.Read(piece); n > 0 {
			err = errors.Join(hear(piece[:n]), err)
		}
	}
	var usage *usageError
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &usage):
		return usage
	}
	return fmt.Errorf("%q: %w", name, err)
}

// writeSound writes a file whole or not at all.
func (t *tool) writeSound(name string, form sound.Form, samples []int16) error {
	if name == "-" {
		return sound.Write(t.stdout, form, samples)
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(sound.Write(f, form, samples), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// readIDs reads a list of identities, one a line.
func readIDs(name string) (ids []canary.ID, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, err := canary.ParseID(line)
		if err != nil {
			return nil, usagef("one identity a line; lines that begin with # are comments", "%s:%d: %v", name, n, err)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, usagef("", "%q lists no identity", name)
	}
	return ids, nil
}
