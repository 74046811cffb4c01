package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"vmaudit/analysis"
	"vmaudit/internal/store"
	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/sound"
	"vmaudit/sipprobe/spectrum"
)

// heardCanary is a canary in a file, as JSON has it.
type heardCanary struct {
	File    string  `json:"file"`
	ID      string  `json:"id"`
	At      float64 `json:"at_s"`
	Quality float64 `json:"quality"`
	Known   bool    `json:"known"`
}

func canaryDetectCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:      "detect",
		Usage:     "tell which canaries are heard in recordings",
		ArgsUsage: "FILE|- ...",
		Description: `A file is WAV of any rate and number of channels, or raw by its ending (.alaw, .ulaw,
.sln, .sln16 ...); - is standard input. Identities that were planted are heard
where a line lets too little through to read others: name them. The exit code is 3
when a canary was heard; a file that cannot be read keeps the others not out.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "known", Usage: "`FILE` of planted identities, one a line"},
			&cli.BoolFlag{Name: "registered", Usage: "take the identities that were minted in this database, and tell where they were planted"},
			rawFlag(),
			formatFlag("table", "json"),
		},
		Action: func(c *cli.Context) error {
			if err := demandFormat(c, "table", "json"); err != nil {
				return err
			}
			if !c.Args().Present() {
				return usagef("see vmaudit canary detect --help", "canary detect needs a file, or -")
			}
			form, err := rawForm(c)
			if err != nil {
				return err
			}
			d := &canaryDetector{tool: t, form: form, heard: []heardCanary{}}
			if name := c.String("known"); name != "" {
				if d.planted, err = readIDs(name); err != nil {
					return err
				}
			}
			if c.Bool("registered") {
				if err := t.enter(c, d.addRegistered); err != nil {
					return err
				}
			}
			return d.all(c.Args().Slice(), c.String("format"))
		},
	}
}

func rawFlag() cli.Flag {
	return &cli.StringFlag{Name: "raw", Usage: "the files are raw sound: alaw, ulaw or l16, 8 kHz mono"}
}

// rawForm is what --raw says of the files.
func rawForm(c *cli.Context) (sound.Form, error) {
	f := c.String("raw")
	if !slices.Contains([]string{"", "alaw", "ulaw", "l16"}, f) {
		return sound.Form{}, usagef("", "--raw %q is not alaw, ulaw or l16", f)
	}
	return sound.Form{Name: f}, nil
}

// canaryDetector is one run of the command.
type canaryDetector struct {
	*tool
	form       sound.Form
	planted    []canary.ID
	list       *canary.Planted // of them
	registered map[string]store.Canary
	heard      []heardCanary
}

func (d *canaryDetector) addRegistered(ctx context.Context, h *house) error {
	all, err := h.store.Canaries(ctx)
	if err = errors.Join(err, h.noteCanaries(ctx, "canary detect --registered", "")); err != nil {
		return err
	}
	d.registered = map[string]store.Canary{}
	for _, c := range all {
		id, err := canary.ParseID(c.ID)
		if err != nil {
			return fmt.Errorf("the database's canaries: %w", err)
		}
		d.registered[c.ID] = c
		d.planted = append(d.planted, id)
	}
	return nil
}

// all listens to every file, prints, and tells what was found: a canary that was
// heard is proof, whatever became of the other files.
func (d *canaryDetector) all(names []string, format string) error {
	var failed []error
	for _, name := range names {
		if err := d.file(name); err != nil {
			failed = append(failed, err)
		}
	}
	print := printCanaries
	if format == "json" {
		print = printJSON[[]heardCanary]
	}
	if format == "json" || len(failed) < len(names) || len(d.heard) > 0 { // else nothing was listened to
		if err := print(d.stdout, d.heard); err != nil {
			return err
		}
	}
	for _, h := range d.heard {
		if c, ok := d.registered[h.ID]; ok {
			d.sayf("canary %s was planted in mailbox %s for change %q", c.ID, c.Mailbox, c.Change)
		}
	}
	err := errors.Join(failed...)
	if err != nil && len(d.heard) > 0 {
		d.lines(err)
	}
	if len(d.heard) > 0 {
		return &severityError{analysis.Proven}
	}
	return err
}

func (d *canaryDetector) file(name string) error {
	if d.list == nil {
		d.list = canary.NewPlanted(d.planted)
	}
	receiver := canary.New(d.list, func(h canary.Heard) {
		d.heard = append(d.heard, heardCanary{name, h.ID.String(), math.Round(h.At*100) / 100, math.Round(h.Quality*100) / 100, h.Known})
	})
	stream := spectrum.New(receiver.Hear)
	err := d.listen(name, d.form, func(piece []int16) error {
		stream.Feed(piece)
		return nil
	})
	stream.Flush()
	receiver.Flush()
	return err
}

func printCanaries(out io.Writer, all []heardCanary) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "no canary was heard")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FILE\tCANARY\tAT (S)\tQUALITY\tKNOWN")
	for _, h := range all {
		known := "no"
		if h.Known {
			known = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%.2f\t%.2f\t%s\n", printable(h.File), h.ID, h.At, h.Quality, known)
	}
	return w.Flush()
}
