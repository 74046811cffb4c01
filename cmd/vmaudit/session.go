package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"vmaudit/analysis"
	"vmaudit/internal/number"
)

func sessionCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:        "session",
		Usage:       "the sessions behind an audit",
		Subcommands: []*cli.Command{sessionListCommand(t), sessionShowCommand(t)},
	}
}

func sessionListCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:        "list",
		Usage:       "list the sessions that touch a change's window, with their verdicts",
		Description: "Every use is written to the access log.",
		Flags: []cli.Flag{
			changeFlag(),
			&cli.StringFlag{Name: "verdict", Usage: "only with this verdict, such as misdelivered"},
			&cli.StringFlag{Name: "extension", Usage: "only at this extension's mailbox, or dialled to it"},
			purposeFlag(), formatFlag("table", "json"),
		},
		Action: func(c *cli.Context) error {
			if err := errors.Join(noArguments(c), demandChange(c), demandFormat(c, "table", "json")); err != nil {
				return err
			}
			filter := analysis.SessionFilter{Verdict: analysis.Verdict(c.String("verdict")), Extension: c.String("extension")}
			if filter.Verdict != "" && !slices.Contains(analysis.Verdicts, filter.Verdict) {
				return usagef("", "verdict %q is not one of %q", filter.Verdict, analysis.Verdicts)
			}
			return t.enter(c, func(ctx context.Context, h *house) error { return h.sessionList(ctx, c, filter) })
		},
	}
}

func (h *house) sessionList(ctx context.Context, c *cli.Context, filter analysis.SessionFilter) error {
	var sessions []analysis.Session
	var masked int
	asked := filter
	asked.Extension = h.numbers.Party(filter.Extension).ID // a number is logged as its token
	err := h.look(ctx, c, c.String("change"), asked.String(), func(audit *analysis.Audit) (people int, err error) {
		sessions, masked, err = h.auditor.Sessions(ctx, audit, filter)
		return len(sessions) + masked, err
	})
	if err != nil {
		return err
	}
	if c.String("format") == "json" {
		if sessions == nil {
			sessions = []analysis.Session{}
		}
		return printJSON(h.stdout, struct {
			Change   string             `json:"change"`
			Masked   int                `json:"masked"`
			Sessions []analysis.Session `json:"sessions"`
		}{c.String("change"), masked, sessions})
	}
	if err := printSessions(h.stdout, sessions); err != nil {
		return err
	}
	if masked > 0 {
		fmt.Fprintf(h.stdout, "masked (%d): at the mailboxes of protected extensions\n", masked)
	} else if filter.Extension != "" {
		fmt.Fprintln(h.stdout, "sessions at the mailboxes of protected extensions are never listed")
	}
	return nil
}

func printSessions(out io.Writer, sessions []analysis.Session) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SESSION\tBEGIN (UTC)\tSECONDS\tMAILBOX\tDIALLED\tCALLER\tVERDICT\tGRADE\tREASONS")
	for _, s := range sessions {
		fmt.Fprintf(w, "%s\t%s\t%.0f\t%s\t%s\t%s\t%s\t%s\t%s\n", s.ID[:12], s.Begin.Format(time.DateTime), s.End.Sub(s.Begin).Seconds(),
			orDash(s.Mailbox), orDash(s.Dialled), callerShort(s), s.Verdict, s.Grade, strings.Join(s.Reasons, ", "))
	}
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func callerShort(s analysis.Session) string { return partyShort(s.Caller, s.CallerClass) }

// partyShort is an extension, or the class and the token's recognisable end.
func partyShort(id, class string) string {
	switch {
	case number.IsToken(id):
		return class + " …" + id[len(id)-6:]
	case id == "":
		return orDash(class)
	}
	return id
}

func callerText(s analysis.Session) string {
	switch {
	case s.Caller == "":
		return orDash(s.CallerClass)
	case number.IsToken(s.Caller):
		return s.CallerClass + " " + s.Caller
	}
	return s.Caller
}

func sessionShowCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:        "show",
		Usage:       "show every leg, event and reason behind one verdict",
		ArgsUsage:   "ID",
		Description: "Every use is written to the access log.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "change", Usage: "`ID` of the change whose verdict is shown; not needed when there is one change"},
			purposeFlag(), formatFlag("table", "json"),
		},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usagef("vmaudit session list --change ID shows them", "session show takes one session")
			}
			if err := demandFormat(c, "table", "json"); err != nil {
				return err
			}
			return t.enter(c, func(ctx context.Context, h *house) error { return h.sessionShow(ctx, c) })
		},
	}
}

func (h *house) sessionShow(ctx context.Context, c *cli.Context) error {
	id := c.Args().First()
	change, err := h.oneChange(ctx, c.String("change"))
	if err != nil {
		return err
	}
	var e *analysis.Explanation
	err = h.look(ctx, c, change, analysis.SessionFilter{Prefix: id}.String(), func(audit *analysis.Audit) (people int, err error) {
		if e, err = h.auditor.Explain(ctx, audit, id); err != nil {
			return 0, err
		}
		return 1, nil
	})
	if err != nil {
		return err
	}
	if c.String("format") == "json" {
		return printJSON(h.stdout, e)
	}
	return printExplanation(h.stdout, e)
}

// playedText is what is known of one message.
func playedText(m analysis.Played) string {
	text := strings.TrimSpace(m.File + " " + m.ID)
	if m.Seconds != nil {
		text += fmt.Sprintf(", heard for %.1f s", *m.Seconds)
	}
	if !m.Left.IsZero() {
		text += fmt.Sprintf(", left %s by %s", m.Left.Format(time.DateTime), partyShort(m.Depositor, m.DepositorClass))
	}
	return text
}

// oneChange returns id, or the only change that there is.
func (h *house) oneChange(ctx context.Context, id string) (string, error) {
	if id != "" {
		return id, nil
	}
	changes, err := h.store.Changes(ctx)
	if err != nil {
		return "", err
	}
	if len(changes) != 1 {
		return "", usagef("vmaudit change list shows them", "there are %d changes: say which with --change", len(changes))
	}
	return changes[0].ID, nil
}

func printExplanation(out io.Writer, e *analysis.Explanation) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"session", e.ID}, {"system", e.System}, {"call", e.Call}, {"mailbox", orDash(e.Mailbox)}, {"dialled", orDash(e.Dialled)}, {"caller", callerText(e.Session)},
		{"from", e.Begin.Format(time.RFC3339Nano)}, {"to", e.End.Format(time.RFC3339Nano)},
		{"verdict", fmt.Sprintf("%s, grade %s, by detector %s", e.Verdict, e.Grade, e.Detector)},
	} {
		fmt.Fprintf(w, "%s\t%s\n", row[0], row[1])
	}
	for _, code := range e.Reasons {
		fmt.Fprintf(w, "because\t%s\n", analysis.ReasonText(code))
	}
	for _, m := range e.Messages {
		fmt.Fprintf(w, "message\t%s\n", playedText(m))
	}
	fmt.Fprintln(w)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "TIME (UTC)\tWHAT\tAPPLICATION\tSHOWS\tMAILBOX\tAUTH\tGRADE\tLEG\tFROM")
	for _, r := range e.Records {
		what := r.Event
		if r.Kind == "leg" {
			what = fmt.Sprintf("leg of %.0f s", r.End.Sub(r.At).Seconds())
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s:%d\n", r.At.Format("2006-01-02 15:04:05.000"), what, orDash(r.App),
			orDash(r.Action), orDash(r.Mailbox), orDash(r.Auth), orDash(r.Grade), r.Leg, printable(r.File), r.Line)
	}
	return w.Flush()
}
