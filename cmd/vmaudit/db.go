package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/store"
)

func dbCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "db",
		Usage: "the database's schema",
		Subcommands: []*cli.Command{{
			Name: "status", Usage: "tell which database is open, and which migrations it has",
			Action: func(c *cli.Context) error {
				return t.withDatabase(c, func(ctx context.Context, h *house) error {
					return h.printStatus(ctx)
				})
			},
		}, {
			Name: "migrate", Usage: "bring the schema up to date",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "cluster", Usage: "create replicated and distributed tables on the cluster of this `NAME`"},
				&cli.BoolFlag{Name: "print", Usage: "print the statements for an empty database named default, and run none"},
			},
			Action: func(c *cli.Context) error {
				if c.Bool("print") {
					return t.printSchema(c.String("cluster"))
				}
				return t.withDatabase(c, func(ctx context.Context, h *house) error {
					applied, err := clickhouse.Migrate(ctx, h.db, store.Migrations(), c.String("cluster"))
					for _, m := range applied {
						h.sayf("applied %s", m.Name)
					}
					if err == nil && len(applied) == 0 {
						h.sayf("the schema is up to date")
					}
					return err
				})
			},
		}},
	}
}

func (t *tool) printSchema(cluster string) error {
	statements, err := clickhouse.Render(store.Migrations(), "default", cluster)
	for _, s := range statements {
		fmt.Fprintf(t.stdout, "%s;\n\n", s)
	}
	return err
}

// withDatabase opens the database alone: its schema need not be there yet.
func (t *tool) withDatabase(c *cli.Context, do func(context.Context, *house) error) (err error) {
	if err := noArguments(c); err != nil {
		return err
	}
	h := &house{tool: t}
	if h.config, err = readConfig(c.String("config")); err != nil {
		return err
	}
	if h.db, err = h.openDatabase(c); err != nil {
		return err
	}
	defer h.db.Close()
	return do(c.Context, h)
}

func (h *house) printStatus(ctx context.Context) error {
	version, err := h.db.ServerVersion()
	if err != nil {
		return err
	}
	where := "server"
	if h.db.Dir() != "" {
		where = "embedded engine in " + h.db.Dir()
	}
	fmt.Fprintf(h.stdout, "%s, ClickHouse %s\n\n", where, version.Version.String())
	all, err := clickhouse.Status(ctx, h.db, store.Migrations(), "")
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MIGRATION\tAPPLIED (UTC)")
	for _, m := range all {
		applied := "no: run vmaudit db migrate, or any command of an embedded database"
		if !m.Applied.IsZero() {
			applied = m.Applied.UTC().Format(time.DateTime)
		}
		fmt.Fprintf(w, "%s\t%s\n", m.Name, applied)
	}
	return w.Flush()
}
