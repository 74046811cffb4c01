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
		Name:        "audit",
		Usage:       "judge the sessions in a change's window, and count who was exposed",
		Description: `T is RFC 3339, or a time or day in the configuration's zone (default UTC).`,
		Flags: []cli.Flag{
			changeFlag(),
			&cli.StringFlag{Name: "controller", Usage: "tell this controller's share in the statement"},
			&cli.StringFlag{Name: "language", Value: "en", Usage: "of the statement: sv or en"},
			&cli.StringFlag{Name: "as-of", Usage: "only what began before `T` counts: what could be known then"},
			formatFlag("table", "json"),
		},
		Action: func(c *cli.Context) error {
			if err := errors.Join(noArguments(c), demandChange(c), demandFormat(c, "table", "json"), demandLanguage(c)); err != nil {
				return err
			}
			return t.enter(c, func(ctx context.Context, h *house) error { return h.printAudit(ctx, c) })
		},
	}
}

func (h *house) printAudit(ctx context.Context, c *cli.Context) error {
	asOf, err := h.asOf(c.String("as-of"))
	if err != nil {
		return err
	}
	audit, err := h.auditAsOf(ctx, c.String("change"), asOf)
	if err != nil {
		return err
	}
	if err := h.auditor.DemandKnown(ctx, audit, analysis.Filter{Controller: c.String("controller")}); err != nil {
		return unknownValue(err)
	}
	summary, err := h.auditor.Summarise(ctx, audit)
	if err != nil {
		return err
	}
	if name := c.String("controller"); name != "" {
		summary.TellOf(name)
	}
	print := func(out io.Writer, s *analysis.Summary) error { return printSummary(out, s, c.String("language")) }
	if c.String("format") == "json" {
		print = printJSON
	}
	if err := print(h.stdout, summary); err != nil {
		return err
	}
	return severity(summary.Severity())
}

func demandLanguage(c *cli.Context) error {
	if l := c.String("language"); l != "sv" && l != "en" {
		return usagef("", "language %q is not sv or en", l)
	}
	return nil
}

// asOf reads the time as of which is audited; the zero time for "".
func (h *house) asOf(text string) (t time.Time, err error) {
	if text == "" {
		return t, nil
	}
	zone := h.auditor.Zone
	if zone == nil {
		zone = time.UTC
	}
	if t, _, err = instant(text, zone, 0); err == nil && t.After(time.Now()) {
		return t, usagef("leave --as-of out for what is known now", "%s lies in the future: what will be known then is not known", text)
	}
	return t, err
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
	return h.auditAsOf(ctx, id, time.Time{})
}

// auditAsOf judges of it what began before t.
func (h *house) auditAsOf(ctx context.Context, id string, t time.Time) (*analysis.Audit, error) {
	change, err := h.store.Change(ctx, id)
	var unknown *store.UnknownChangeError
	if errors.As(err, &unknown) {
		return nil, usagef("vmaudit change list shows them", "%v", unknown)
	}
	if err != nil {
		return nil, err
	}
	audit, err := h.auditor.AuditAsOf(ctx, change, t)
	var early *analysis.TooEarlyError
	if errors.As(err, &early) {
		return nil, usagef("", "%v", early)
	}
	return audit, err
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

func printSummary(out io.Writer, s *analysis.Summary, language string) error {
	statement := s.Statement.EN
	if language == "sv" {
		statement = s.Statement.SV
	}
	fmt.Fprintf(out, "Change %s: %s%s\n\n%s\n\n", s.Change, windowOf(s.Window), asOfText(s), statement)
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

func asOfText(s *analysis.Summary) string {
	if s.AsOf == nil {
		return ""
	}
	return fmt.Sprintf(", as of %s only", s.AsOf.Format(time.RFC3339))
}

func windowOf(w analysis.Window) string {
	if w.To == nil {
		return fmt.Sprintf("window from %s, still open (%s)", w.From.Format(time.RFC3339), w.Basis)
	}
	return fmt.Sprintf("window from %s to %s (%s)", w.From.Format(time.RFC3339), w.To.Format(time.RFC3339), w.Basis)
}
