package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"vmaudit/internal/store"
)

func importsCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "imports",
		Usage: "the ledger: what became of every row of every file",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "rejects", Usage: "list the lines that could not be read, with digits and letters taken out"}},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return t.enter(c, func(ctx context.Context, h *house) error {
				if c.Bool("rejects") {
					rejects, err := h.store.Rejects(ctx)
					if err != nil {
						return err
					}
					return printRejects(h.stdout, rejects)
				}
				ledger, err := h.store.Ledger(ctx)
				if err != nil {
					return err
				}
				h.explain(ledger)
				return printLedger(h.stdout, ledger)
			})
		},
	}
}

func printLedger(out io.Writer, ledger []store.Entry) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FILE\tSYSTEM\tFORMAT\tZONE\tBYTES\tREAD\tSTORED\tDUPLICATE\tREJECTED\tSKIPPED\tSTATE\tSTARTED (UTC)\tSHA-256")
	for _, e := range ledger {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%x\n", printable(e.Name), e.System, e.Format, orDash(e.Zone), e.Size,
			e.Read, e.Stored, e.Duplicate, e.Rejected, e.Skipped, e.State, e.Started.UTC().Format(time.DateTime), e.File[:6])
	}
	return w.Flush()
}

// explain says what to do about files that are not stored whole.
func (h *house) explain(ledger []store.Entry) {
	running, rejected := 0, 0
	for _, e := range ledger {
		if e.State == store.Running {
			running++
		}
		if e.Rejected > 0 {
			rejected++
		}
	}
	if running > 0 {
		h.hintf("%d files are running: they are being imported now, or were cut off; then import them again", running)
	}
	if rejected > 0 {
		h.hintf("%d files have lines that could not be read, see --rejects; one that was cut off is a row of the whole file, once that is imported", rejected)
	}
}

func printRejects(out io.Writer, rejects []store.Reject) error {
	for _, r := range rejects {
		if _, err := fmt.Fprintf(out, "%s:%d: %s: %s\n", printable(r.Name), r.Line, r.Reason, printable(r.Preview)); err != nil {
			return err
		}
	}
	return nil
}
