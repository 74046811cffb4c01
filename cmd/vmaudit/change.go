package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	"vmaudit/internal/store"
)

func changeCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:        "change",
		Usage:       "changes that a vendor or telco made, and their exposure windows",
		Subcommands: []*cli.Command{changeAddCommand(t), changeListCommand(t)},
	}
}

func changeAddCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "add",
		Usage: "tell of a change",
		Description: `T is RFC 3339 (2019-02-22T01:00:00+01:00), or local time with --zone
(2019-02-22T01:00, 2019-02-22 01:00:00, 2019-02-22). The window is [from, to): a
session that touches it counts. A day alone as --to counts whole.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "id", Usage: "your name for the change (required)"},
			&cli.StringFlag{Name: "vendor", Usage: "who made it"},
			&cli.StringFlag{Name: "from", Usage: "`T` at which the exposure window begins (required)"},
			&cli.StringFlag{Name: "to", Usage: "`T` at which it ends; left out: it is still open"},
			&cli.StringFlag{Name: "zone", Usage: "time zone of local times, such as Europe/Stockholm"},
			&cli.StringFlag{Name: "extensions", Usage: "`FILE` with the vendor's list of extensions, one a line: others count by direct evidence only"},
			&cli.StringSliceFlag{Name: "server", Usage: "`NAME` of a server that was changed, as the records have it; may be given more than once: sessions that were on other servers only count by direct evidence only"},
			&cli.BoolFlag{Name: "replace", Usage: "replace the change of this id"},
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			change, err := changeFlags(c)
			if err != nil {
				return err
			}
			return t.enter(c, func(ctx context.Context, h *house) error {
				err := h.store.AddChange(ctx, change, c.Bool("replace"))
				var exists *store.ChangeExistsError
				if errors.As(err, &exists) {
					return usagef("", "%v", exists)
				}
				if err != nil {
					return err
				}
				h.sayf("change %q: window %s", change.ID, windowText(change))
				return nil
			})
		},
	}
}

func changeFlags(c *cli.Context) (change store.Change, err error) {
	zone, err := zoneFlag(c)
	if err != nil {
		return change, err
	}
	change = store.Change{ID: c.String("id"), Vendor: c.String("vendor"), Servers: c.StringSlice("server"), Basis: "stated"}
	if change.ID == "" || c.String("from") == "" {
		return change, usagef("see vmaudit change add --help", "change add needs --id and --from")
	}
	for _, text := range slices.Concat(change.Servers, []string{change.ID, change.Vendor}) {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return change, usagef("", "%q has control characters", text)
		}
	}
	if slices.Contains(change.Servers, "") {
		return change, usagef("", "--server needs the name of a server")
	}
	if change.From, _, err = instant(c.String("from"), zone, -time.Hour); err != nil {
		return change, err
	}
	if to := c.String("to"); to != "" {
		var dayOnly bool
		if change.To, dayOnly, err = instant(to, zone, time.Hour); err != nil {
			return change, err
		}
		if dayOnly {
			change.To = change.To.AddDate(0, 0, 1)
		}
		if !change.From.Before(change.To) {
			return change, usagef("", "the window ends at %q, not after its beginning at %q", to, c.String("from"))
		}
	}
	if list := c.String("extensions"); list != "" {
		change.Listed = true
		change.Extensions, err = readList(list)
	}
	return change, err
}

// instant reads a T. A day alone is its first moment, and told. Of a local time
// that there is twice, or not at all, because the clocks are changed, the instant
// is taken that widens the window: wider is -1 h for its beginning, 1 h for its end.
func instant(text string, zone *time.Location, wider time.Duration) (t time.Time, dayOnly bool, err error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, false, demandYear(t)
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if _, err := time.Parse(layout, text); err != nil {
			continue
		}
		if zone == nil {
			return t, false, usagef("", "time %q is local: say in which --zone, or write it as RFC 3339", text)
		}
		if t, err = time.ParseInLocation(layout, text, zone); err != nil {
			return t, false, err
		}
		if other := t.Add(wider); layout != time.DateOnly && (other.Format(layout) == text || t.Format(layout) != text) {
			t = other
		}
		return t, layout == time.DateOnly, demandYear(t)
	}
	return t, false, usagef("", "time %q is neither RFC 3339 (2019-02-22T01:00:00+01:00) nor local (2019-02-22 01:00)", text)
}

// demandYear refuses what the database's times cannot hold, and nobody means.
func demandYear(t time.Time) error {
	if t.Year() < 1990 || t.Year() > 2199 {
		return usagef("", "the year %d is out of reach", t.Year())
	}
	return nil
}

// listed is a line of the vendor's list.
var listed = regexp.MustCompile(`^[0-9*#+]{1,20}$`)

// readList reads the vendor's list. A line that is no extension is an error: a
// list that was misread would let people out of the count.
func readList(name string) (list []string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		ext := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		switch {
		case ext == "" || strings.HasPrefix(ext, "# "):
		case listed.MatchString(ext):
			list = append(list, ext)
		default:
			return nil, usagef("one extension a line; lines that begin with \"# \" are comments", "%s:%d: this is not an extension", name, n)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	if len(list) == 0 {
		return nil, usagef("without --extensions every extension counts", "%q lists no extension", name)
	}
	return list, nil
}

func windowText(c store.Change) string {
	if c.Open() {
		return fmt.Sprintf("from %s, still open", c.From.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("from %s to %s", c.From.UTC().Format(time.RFC3339), c.To.UTC().Format(time.RFC3339))
}

func changeListCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list the changes",
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return t.enter(c, func(ctx context.Context, h *house) error {
				changes, err := h.store.Changes(ctx)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "CHANGE\tVENDOR\tWINDOW\tBASIS\tVENDOR'S LIST\tCHANGED SERVERS")
				for _, c := range changes {
					list := "none"
					if c.Listed {
						list = fmt.Sprintf("%d extensions", len(c.Extensions))
					}
					servers := "not told"
					if len(c.Servers) > 0 {
						servers = strings.Join(c.Servers, " ")
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, c.Vendor, windowText(c), c.Basis, list, servers)
				}
				return w.Flush()
			})
		},
	}
}
