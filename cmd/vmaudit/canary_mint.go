package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	"vmaudit/internal/access"
	"vmaudit/internal/store"
	"vmaudit/sipprobe/canary"
)

func canaryMintCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "mint",
		Usage: "make a new identity, and note who plants it where, when and as whom",
		Description: `The identity goes to standard output. T is as in vmaudit change add; the number of
--as is kept as a token, as all callers' numbers are, and extensions in clear.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "mailbox", Usage: "`EXT` in whose mailbox it is planted (required)"},
			&cli.StringFlag{Name: "change", Usage: "`ID` of the change that it is to watch (required)"},
			&cli.StringFlag{Name: "as", Usage: "`NUMBER` it is left from"},
			&cli.StringFlag{Name: "by", Usage: "`NAME` of who plants it", DefaultText: "the user"},
			&cli.StringFlag{Name: "at", Usage: "`T` at which it is planted", DefaultText: "now"},
			&cli.StringFlag{Name: "zone", Usage: "time zone of a local T, such as Europe/Stockholm"},
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			planting, err := mintFlags(c)
			if err != nil {
				return err
			}
			return t.enter(c, func(ctx context.Context, h *house) error { return h.mint(ctx, planting, c.String("as")) })
		},
	}
}

func mintFlags(c *cli.Context) (p store.Canary, err error) {
	p = store.Canary{Mailbox: c.String("mailbox"), Change: c.String("change"), By: c.String("by"), At: time.Now()}
	if p.Mailbox == "" || p.Change == "" {
		return p, usagef("see vmaudit canary mint --help", "canary mint needs --mailbox and --change")
	}
	if !listed.MatchString(p.Mailbox) {
		return p, usagef("", "%q is no mailbox: it has digits, *, # and + only", p.Mailbox)
	}
	if strings.ContainsFunc(p.By, unicode.IsControl) {
		return p, usagef("", "%q has control characters", p.By)
	}
	if p.By == "" {
		p.By = currentUser()
	}
	zone, err := zoneFlag(c)
	if err == nil && c.String("at") != "" {
		p.At, _, err = instant(c.String("at"), zone, 0)
	}
	return p, err
}

// mint writes a new identity and prints it. That one is drawn twice will not happen,
// and must not.
func (h *house) mint(ctx context.Context, c store.Canary, as string) error {
	if as != "" {
		party := h.numbers.Party(as)
		if text, _ := h.numbers.E164(as); strings.HasPrefix(text, "raw:") {
			return usagef("", "--as is no number")
		}
		c.Caller, c.Class = party.ID, string(party.Class)
	}
	for {
		c.ID = canary.Random().String()
		err := h.store.AddCanary(ctx, c)
		var exists *store.CanaryExistsError
		var unknown *store.UnknownChangeError
		switch {
		case errors.As(err, &exists):
			continue
		case errors.As(err, &unknown):
			return usagef("", "%v", unknown)
		case err != nil:
			return err
		}
		if err := h.noteCanaries(ctx, "canary mint", fmt.Sprintf("change=%q mailbox=%q", c.Change, c.Mailbox)); err != nil {
			return err
		}
		h.sayf("canary %s: for mailbox %s, change %q", c.ID, c.Mailbox, c.Change)
		_, err = fmt.Fprintln(h.stdout, c.ID)
		return err
	}
}

// noteCanaries logs who planted canaries or looked at where they are: who knows that
// can avoid them, or plant a false alarm.
func (h *house) noteCanaries(ctx context.Context, command, filter string) error {
	return h.log.Record(ctx, access.Entry{Command: command, Purpose: access.PostChangeVerification, Filter: filter})
}

func canaryListCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list the identities that were minted",
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return t.enter(c, func(ctx context.Context, h *house) error {
				all, err := h.store.Canaries(ctx)
				if err = errors.Join(err, h.noteCanaries(ctx, "canary list", "")); err != nil {
					return err
				}
				w := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "CANARY\tMAILBOX\tCHANGE\tPLANTED (UTC)\tBY\tAS")
				for _, c := range all {
					as := "not told"
					if c.Class != "" {
						as = c.Class
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, c.Mailbox, printable(c.Change), c.At.UTC().Format("2006-01-02 15:04"), printable(c.By), as)
				}
				return w.Flush()
			})
		},
	}
}
