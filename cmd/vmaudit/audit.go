package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"vmaudit/analysis"
	"vmaudit/internal/store"
)

func auditCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "audit",
		Usage: "judge the sessions in a change's window, and count who was exposed",
		Flags: []cli.Flag{changeFlag(), formatFlag("table", "json")},
		Action: func(c *cli.Context) error {
			if err := errors.Join(noArguments(c), demandChange(c), demandFormat(c, "table", "json")); err != nil {
				return err
			}
			return t.enter(c, func(ctx context.Context, h *house) error {
				audit, err := h.audit(ctx, c.String("change"))
				if err != nil {
					return err
				}
				summary, err := h.auditor.Summarise(ctx, audit)
				if err != nil {
					return err
				}
				print := printSummary
				if c.String("format") == "json" {
					print = printJSON
				}
				if err := print(h.stdout, summary); err != nil {
					return err
				}
				return severity(summary.Severity())
			})
		},
	}
}

func changeFlag() cli.Flag {
	return &cli.StringFlag{Name: "change", Usage: "`ID` of the change (required)"}
}

func formatFlag(formats ...string) cli.Flag {
	return &cli.StringFlag{Name: "format", Value: formats[0], Usage: fmt.Sprintf("%v", formats)}
}

func demandChange(c *cli.Context) error {
	if c.String("change") == "" {
		return usagef("vmaudit change list shows them", "%s needs --change ID", c.Command.HelpName)
	}
	return nil
}

func demandFormat(c *cli.Context, formats ...string) error {
	for _, f := range formats {
		if c.String("format") == f {
			return nil
		}
	}
	return usagef("", "format %q is not one of %q", c.String("format"), formats)
}

// audit judges the change of that id.
func (h *house) audit(ctx context.Context, id string) (*analysis.Audit, error) {
	change, err := h.store.Change(ctx, id)
	var unknown *store.UnknownChangeError
	if errors.As(err, &unknown) {
		return nil, usagef("vmaudit change list shows them", "%v", unknown)
	}
	if err != nil {
		return nil, err
	}
	return h.auditor.Audit(ctx, change)
}

func severity(s analysis.Severity) error {
	if s == analysis.None {
		return nil
	}
	return &severityError{s}
}

func printJSON[T any](w io.Writer, v T) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func printSummary(out io.Writer, s *analysis.Summary) error {
	fmt.Fprintf(out, "Change %s: %s\n\n%s\n\n", s.Change, windowOf(s.Window), s.Statement())
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "EXTENSIONS\tEXPOSED\tCONFIRMED\tOPENED\tSUSPECTED\tNOT EXCLUDED\tDEPOSIT LOGGED")
	e := s.Extensions
	fmt.Fprintf(w, "by strongest session\t%d\t%d\t%d\t%d\t%d\t%d\n\n", e.Exposed, e.Confirmed, e.Opened, e.Suspected, e.NotExcluded, e.DepositLogged)
	fmt.Fprintln(w, "CONTROLLER\tEXPOSED\tCONFIRMED")
	for _, c := range s.Controllers {
		name := c.Controller
		if name == "" {
			name = "(not in the directory)"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\n", name, c.Exposed, c.Confirmed)
	}
	fmt.Fprintln(w, "\nVERDICT\tSESSIONS\tEXPOSES")
	for _, v := range analysis.Verdicts {
		exposes := "no"
		if v.Exposes() {
			exposes = "yes"
		}
		if n := s.Sessions[v]; n > 0 {
			fmt.Fprintf(w, "%s\t%d\t%s\n", v, n, exposes)
		}
	}
	fmt.Fprintf(w, "\nfrom %d rows\n", s.Rows)
	if err := w.Flush(); err != nil {
		return err
	}
	for _, n := range s.Notes {
		fmt.Fprintf(out, "note: %s\n", n)
	}
	return nil
}

func windowOf(w analysis.Window) string {
	if w.To == nil {
		return fmt.Sprintf("window from %s, still open (%s)", w.From.Format(time.RFC3339), w.Basis)
	}
	return fmt.Sprintf("window from %s to %s (%s)", w.From.Format(time.RFC3339), w.To.Format(time.RFC3339), w.Basis)
}
