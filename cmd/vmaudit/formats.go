package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"vmaudit/cdr"
	"vmaudit/internal/number"
)

func formatsCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "formats",
		Usage: "the exports that can be imported, and what each can prove",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("formats has show, check", "unknown command %q", c.Args().First())
			}
			registry, err := formatsOf(c)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "FORMAT\tWHAT IT IS\tSEEN LIVE")
			for _, f := range registry.All() {
				fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, f.Title, orNot(f.SeenLive))
			}
			return w.Flush()
		},
		Subcommands: []*cli.Command{{
			Name: "show", Usage: "tell what a format can prove, and what it cannot see", ArgsUsage: "NAME",
			Action: func(c *cli.Context) error {
				if c.NArg() != 1 {
					return usagef("vmaudit formats lists them", "formats show takes one format")
				}
				registry, err := formatsOf(c)
				if err != nil {
					return err
				}
				f, err := registry.Lookup(c.Args().First())
				if err != nil {
					return usagef("vmaudit formats lists them", "%v", err)
				}
				printFormat(t.stdout, f)
				return nil
			},
		}, {
			Name: "check", Usage: "tell what is understood of a file's first rows", ArgsUsage: "FILE",
			Description: "Nothing is stored, and no number is shown in clear.",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "format", Value: "auto", Usage: "check against this format"},
				&cli.StringFlag{Name: "zone", Usage: "time zone of local times", Value: "UTC"},
			},
			Action: func(c *cli.Context) error {
				if c.NArg() != 1 {
					return usagef("see vmaudit formats check --help", "formats check takes one file")
				}
				return t.checkFormat(c, c.Args().First())
			},
		}},
	}
}

func formatsOf(c *cli.Context) (*cdr.Registry, error) {
	config, err := readConfig(c.String("config"))
	if err != nil {
		return nil, err
	}
	return config.formats()
}

func orNot(s string) string {
	if s == "" {
		return "no: from documentation"
	}
	return s
}

func printFormat(out io.Writer, f *cdr.Format) {
	fmt.Fprintf(out, "%s: %s\nsee %s\nseen live: %s\n\nEvidence, by grade (A: logged playback, B: application called, C: shape of the routing)\n", f.Name, f.Title, f.Documented, orNot(f.SeenLive))
	for _, action := range []cdr.Action{cdr.Deposit, cdr.Retrieval, cdr.Playback, cdr.Envelope} {
		grade := "cannot be seen"
		if g, ok := f.Proves[action]; ok {
			grade = string(g)
		}
		fmt.Fprintf(out, "  %-10s %s\n", action, grade)
	}
	fmt.Fprintln(out, "\nCannot be seen")
	for _, s := range f.CannotSee {
		fmt.Fprintf(out, "  - %s\n", s)
	}
}

// checkedRows is how many rows formats check reads.
const checkedRows = 1000

func (t *tool) checkFormat(c *cli.Context, name string) error {
	registry, err := formatsOf(c)
	if err != nil {
		return err
	}
	zone, err := zoneFlag(c)
	if err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	format, err := (&importer{house: &house{tool: t}, registry: registry, format: c.String("format")}).formatOf(name, f)
	if err != nil {
		return err
	}
	// A key of the moment: tokens of a check mean nothing to anybody.
	numbers := number.NewNormaliser(nil, number.NewKey())
	check, err := cdr.CheckRows(f, format, cdr.ReaderOptions{Name: name, Zone: zone, Numbers: numbers}, checkedRows)
	if err != nil {
		return err
	}
	return printCheck(t.stdout, format, check)
}

func printCheck(out io.Writer, f *cdr.Format, check *cdr.Check) error {
	n := check.Counts
	fmt.Fprintf(out, "%s: of the first rows %d were read, %d rejected, %d skipped\n\n", f.Name, n.Records, n.Rejects, n.Skipped)
	for _, action := range slices.Sorted(maps.Keys(check.Actions)) {
		name := string(action)
		if action == cdr.NoAction {
			name = "no voicemail"
		}
		fmt.Fprintf(out, "  %-12s %d\n", name, check.Actions[action])
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LINE\tSTART (UTC)\tEVENT\tCALLER\tDIALLED\tAPPLICATION\tSHOWS\tMAILBOX\tAUTH\tGRADE\tSERVER")
	for _, r := range check.Records {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Line, r.Start.Format(time.DateTime), orDash(r.Event), partyText(r.Caller), partyText(r.Dialled),
			orDash(r.App), orDash(string(r.Action)), orDash(r.Mailbox), orDash(string(r.Auth)), orDash(string(r.Grade)), orDash(r.Server))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, r := range check.Rejects {
		fmt.Fprintf(out, "%s:%d: %s: %s\n", r.File, r.Line, r.Reason, strings.TrimSpace(r.Preview))
	}
	return nil
}

// partyText shows the class in place of a token.
func partyText(p number.Party) string {
	if p.Class == number.Internal {
		return p.ID
	}
	return orDash(string(p.Class))
}
