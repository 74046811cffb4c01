package main

import (
	"github.com/urfave/cli/v2"

	"vmaudit/internal/clickhouse"
)

// engineCommand is the child process that holds the embedded engine. It is
// started by the other commands, and has flags of its own.
func engineCommand(*tool) *cli.Command {
	return &cli.Command{
		Name:            "engine",
		Hidden:          true,
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			o, err := clickhouse.ParseEngineArgs(c.Args().Slice())
			if err != nil {
				return usagef("", "%v", err)
			}
			return clickhouse.Serve(c.Context, o)
		},
	}
}
