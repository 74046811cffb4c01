package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// directoryZone is where the days of valid_from and valid_to begin.
const directoryZone = "Europe/Stockholm"

func directoryCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "directory",
		Usage: "who holds which extension",
		Subcommands: []*cli.Command{{
			Name:      "import",
			Usage:     "make a CSV or XLSX file the directory",
			ArgsUsage: "FILE",
			Description: `Columns, English or Swedish, in any order: extension (anknytning), did, mobile
(mobil), mailbox, name (namn), title (befattning), unit (enhet), controller
(förvaltning), manager (chef), email (e-post), activity (verksamhet),
client_facing, protected, language, valid_from, valid_to. Only the extension
must be there. A mailbox outside the system's default context is written with
it: 4101@kommun. The file replaces the directory before it: somebody who left
belongs in the file, with valid_to; who was protected stays so until a file
says otherwise.`,
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "zone", Value: directoryZone, Usage: "time zone in which the days of valid_from and valid_to begin"},
			},
			Action: func(c *cli.Context) error {
				if c.NArg() != 1 {
					return usagef("see vmaudit directory import --help", "directory import takes one file")
				}
				zone, err := zoneFlag(c)
				if err != nil {
					return err
				}
				return t.enter(c, func(ctx context.Context, h *house) error {
					return h.importDirectory(ctx, c.Args().First(), zone)
				})
			},
		}},
	}
}

func (h *house) importDirectory(ctx context.Context, name string, zone *time.Location) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	report, err := h.store.ImportDirectory(ctx, f, h.numbers, zone)
	lines := map[int]bool{} // that were left out
	for _, p := range report.Problems {
		h.sayf("%s:%d: %s", name, p.Line, p.Reason)
		if p.Fatal {
			lines[p.Line] = true
		}
	}
	left := len(lines)
	if err != nil {
		return err
	}
	h.sayf("%s: %d rows are the directory now, %d were left out", name, report.Stored, left)
	if report.Hidden > 0 {
		h.sayf("%d rows that were protected are not said not to be: they stay protected", report.Hidden)
	}
	if n := len(report.Vanished); n > 0 {
		h.sayf("%d rows of the directory before have extensions that are not in it: %s", n, strings.Join(report.Vanished[:min(n, 10)], " "))
		h.hintf("keep those who left, with valid_to: older exposures are told to who held the extension then")
	}
	if left > 0 {
		h.hintf("mend the rows that were left out, and import the file again")
	}
	return nil
}
