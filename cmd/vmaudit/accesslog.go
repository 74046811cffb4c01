package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"vmaudit/internal/access"
)

func accessLogCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "access-log",
		Usage: "who looked at affected people, when, and why",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("access-log has verify", "unknown command %q", c.Args().First())
			}
			return t.enter(c, func(ctx context.Context, h *house) error { return h.printAccessLog(ctx) })
		},
		Subcommands: []*cli.Command{{
			Name:  "verify",
			Usage: "check that no row was changed, added or dropped",
			Action: func(c *cli.Context) error {
				if err := noArguments(c); err != nil {
					return err
				}
				return t.enter(c, func(ctx context.Context, h *house) error {
					rows, err := h.log.Verify(ctx)
					if err != nil {
						return err
					}
					fmt.Fprintf(h.stdout, "%d rows, the chain holds\n", rows)
					return nil
				})
			},
		}},
	}
}

func (h *house) printAccessLog(ctx context.Context) error {
	w := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ROW\tTIME (UTC)\tUSER\tCOMMAND\tPURPOSE\tFILTER\tOUTCOME\tPEOPLE")
	err := h.log.Entries(ctx, func(e access.Entry) error {
		_, err := fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", e.Seq, e.At.Format(time.DateTime), printable(e.User), e.Command, printable(string(e.Purpose)), printable(e.Filter), e.Outcome, e.Rows)
		return err
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
