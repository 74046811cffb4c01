package main

import (
	"github.com/urfave/cli/v2"

	"vmaudit/internal/replay2019"
)

// labCommand is for those who develop vmaudit or learn it: it opens no database.
func labCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:   "lab",
		Usage:  "data to try vmaudit with",
		Hidden: true,
		Subcommands: []*cli.Command{{
			Name:      "replay2019",
			Usage:     "write the exports of an invented city in which the incident of February 2019 happens again",
			ArgsUsage: "DIR",
			Action: func(c *cli.Context) error {
				if c.NArg() != 1 {
					return usagef("see vmaudit lab replay2019 --help", "lab replay2019 takes one folder, which it makes")
				}
				truth, err := replay2019.Write(c.Args().First())
				if err != nil {
					return err
				}
				t.sayf("%s: %d extensions were exposed, %d of them by a logged playback: see README.txt there", c.Args().First(), len(truth.Exposed), truth.Confirmed)
				return nil
			},
		}},
	}
}
