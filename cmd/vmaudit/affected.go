package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"vmaudit/analysis"
	"vmaudit/internal/access"
)

func affectedCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:  "affected",
		Usage: "list the extensions whose mailboxes were exposed, and why",
		Description: `Every use is written to the access log. Protected extensions are counted, and
left out of the list.`,
		Flags: []cli.Flag{
			changeFlag(),
			&cli.StringFlag{Name: "controller", Usage: "only this controller's"},
			&cli.StringFlag{Name: "unit", Usage: "only this unit's"},
			&cli.StringFlag{Name: "name", Usage: "only people with this in their name"},
			&cli.StringFlag{Name: "verdict", Usage: "only with this strongest verdict"},
			purposeFlag(),
			formatFlag("table", "csv", "json"),
		},
		Action: func(c *cli.Context) error {
			if err := errors.Join(noArguments(c), demandChange(c), demandFormat(c, "table", "csv", "json")); err != nil {
				return err
			}
			filter := analysis.Filter{Controller: c.String("controller"), Unit: c.String("unit"), Name: c.String("name"), Verdict: analysis.Verdict(c.String("verdict"))}
			if filter.Verdict != "" && !filter.Verdict.Exposes() {
				return usagef("vmaudit session list --verdict lists sessions with any verdict", "verdict %q exposes nobody, or is none: affected knows %q", filter.Verdict, analysis.Exposing)
			}
			return t.enter(c, func(ctx context.Context, h *house) error { return h.affected(ctx, c, filter) })
		},
	}
}

func purposeFlag() cli.Flag {
	return &cli.StringFlag{Name: "purpose", Usage: fmt.Sprintf("why you look, one of %v", access.Purposes), DefaultText: string(access.Purposes[0])}
}

func (h *house) affected(ctx context.Context, c *cli.Context, filter analysis.Filter) error {
	var list *analysis.List
	err := h.look(ctx, c, c.String("change"), filter.String(), func(audit *analysis.Audit) (people int, err error) {
		if err := h.auditor.DemandKnown(ctx, audit, filter); err != nil {
			return 0, err
		}
		list, err = h.auditor.Affected(ctx, audit, filter)
		if err != nil {
			return 0, err
		}
		return len(list.Extensions) + list.Masked, nil
	})
	if err != nil {
		return unknownValue(err)
	}
	out := map[string]func(io.Writer, *analysis.List) error{"csv": printAffectedCSV, "json": printJSON[*analysis.List], "table": func(w io.Writer, l *analysis.List) error {
		return printAffected(w, l, filter)
	}}
	if err := out[c.String("format")](h.stdout, list); err != nil {
		return err
	}
	return severity(list.Severity())
}

// unknownValue makes a filter's value that nobody has a mistake of usage.
func unknownValue(err error) error {
	var unknown *analysis.UnknownValueError
	if errors.As(err, &unknown) {
		return usagef("", "%v", unknown)
	}
	return err
}

// look asks for affected people, f, with a purpose, and logs the look before
// anything can be shown. A refused purpose, and a look that found nobody, are
// logged too.
func (h *house) look(ctx context.Context, c *cli.Context, change, filter string, f func(*analysis.Audit) (people int, err error)) error {
	entry := access.Entry{Command: strings.TrimPrefix(c.Command.HelpName, "vmaudit "), Filter: strings.TrimSpace(fmt.Sprintf("change=%q %s", change, filter))}
	purpose, err := access.ParsePurpose(c.String("purpose"))
	if err != nil {
		entry.Purpose, entry.Outcome = access.Purpose(c.String("purpose")), access.Denied
		if logErr := h.log.Record(ctx, entry); logErr != nil {
			return fmt.Errorf("%w; and the refusal could not be logged: %v", err, logErr)
		}
		return err
	}
	audit, err := h.audit(ctx, change)
	if err != nil {
		return err
	}
	people, err := f(audit)
	entry.Purpose, entry.Rows = purpose, uint64(people)
	return errors.Join(err, h.log.Record(ctx, entry))
}

func printAffected(out io.Writer, l *analysis.List, filter analysis.Filter) error {
	fmt.Fprintf(out, "Change %s", l.Change)
	if text := filter.String(); text != "" {
		fmt.Fprintf(out, ", only %s", text)
	}
	fmt.Fprintf(out, ": %d extensions exposed, playback confirmed in %d", l.Exposed, l.Confirmed)
	if l.Masked > 0 {
		fmt.Fprintf(out, "; masked (%d): protected, counted and not listed", l.Masked)
	}
	if l.Unknown > 0 {
		fmt.Fprintf(out, "\n%d exposing sessions were at mailboxes that nobody is known for: see vmaudit session list", l.Unknown)
	}
	fmt.Fprint(out, "\n")
	if len(l.Extensions) == 0 {
		return nil
	}
	fmt.Fprint(out, "\n")
	// The reasons stand below their row: beside it they would not fit a terminal.
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "EXTENSION\tNAME\tUNIT\tCONTROLLER\tVERDICT\tGRADE\tSESSIONS\tMESSAGES\tFIRST (UTC)\tLISTEN BY (UTC)")
	for _, x := range l.Extensions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", x.Extension, x.Name, x.Unit, x.Controller, x.Verdict, x.Grade,
			x.Sessions, rangeText(x.MessagesAtRisk), x.First.Format(minutes), listenBy(x))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	rows := strings.SplitAfter(table.String(), "\n")
	fmt.Fprint(out, rows[0])
	for i, x := range l.Extensions {
		fmt.Fprintf(out, "%s    %s\n", rows[i+1], strings.Join(x.Reasons, ", "))
	}
	return printLegend(out, l)
}

// minutes is how tables show times.
const minutes = "2006-01-02 15:04"

// printLegend says in sentences what the codes of the list mean.
func printLegend(out io.Writer, l *analysis.List) error {
	seen := map[string]bool{}
	for _, x := range l.Extensions {
		for _, code := range x.Reasons {
			if text := analysis.ReasonText(code); !seen[code] && !strings.HasPrefix(code, "dialled ") && text != code {
				if len(seen) == 0 {
					fmt.Fprintln(out)
				}
				seen[code] = true
				fmt.Fprintf(out, "%s: %s\n", code, text)
			}
		}
	}
	for _, x := range l.Extensions {
		if x.MessagesAtRisk.Floor {
			_, err := fmt.Fprintln(out, "+: the records do not reach back as far as messages are kept; older messages may have been at risk too")
			return err
		}
	}
	return nil
}

func rangeText(r analysis.Range) string {
	text := strconv.FormatUint(r.Max, 10)
	if r.Min != r.Max {
		text = fmt.Sprintf("%d-%d", r.Min, r.Max)
	}
	if r.Floor {
		text += "+"
	}
	return text
}

func listenBy(x analysis.Affected) string {
	if x.ListenBy == nil {
		return "unknown"
	}
	return x.ListenBy.Format(minutes)
}

func printAffectedCSV(out io.Writer, l *analysis.List) error {
	w := csv.NewWriter(out)
	rows := [][]string{{"extension", "name", "unit", "controller", "verdict", "grade", "sessions", "confirmed_sessions", "messages_min", "messages_max", "depositors_min", "depositors_max", "max_is_floor", "first", "last", "listen_by", "reasons"}}
	for _, x := range l.Extensions {
		by := ""
		if x.ListenBy != nil {
			by = x.ListenBy.Format(time.RFC3339)
		}
		rows = append(rows, []string{x.Extension, x.Name, x.Unit, x.Controller, string(x.Verdict), x.Grade,
			fmt.Sprint(x.Sessions), fmt.Sprint(x.ConfirmedSessions), fmt.Sprint(x.MessagesAtRisk.Min), fmt.Sprint(x.MessagesAtRisk.Max),
			fmt.Sprint(x.Depositors.Min), fmt.Sprint(x.Depositors.Max), fmt.Sprint(x.MessagesAtRisk.Floor),
			x.First.Format(time.RFC3339), x.Last.Format(time.RFC3339), by, strings.Join(x.Reasons, "; ")})
	}
	if l.Masked > 0 {
		rows = append(rows, append([]string{fmt.Sprintf("masked (%d)", l.Masked)}, make([]string, len(rows[0])-1)...))
	}
	for _, row := range rows {
		for i := range row {
			row[i] = formulaSafe(row[i])
		}
	}
	return w.WriteAll(rows)
}

// formulaSafe keeps a spreadsheet from running a cell that a directory or a
// caller supplied (OWASP, CSV injection).
func formulaSafe(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
