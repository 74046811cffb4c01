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
	asked := strings.TrimSpace("change=" + c.String("change") + " " + filter.String())
	purpose, err := h.purpose(ctx, c, asked)
	if err != nil {
		return err
	}
	audit, err := h.audit(ctx, c.String("change"))
	if err != nil {
		return err
	}
	list, err := h.auditor.Affected(ctx, audit, filter)
	if err != nil {
		return err
	}
	if err := h.record(ctx, c, purpose, asked, len(list.Extensions)+list.Masked); err != nil {
		return err
	}
	print := map[string]func(io.Writer, *analysis.List) error{"table": printAffected, "csv": printAffectedCSV, "json": printJSON[*analysis.List]}
	if err := print[c.String("format")](h.stdout, list); err != nil {
		return err
	}
	return severity(list.Severity())
}

// purpose parses --purpose; a refused one is logged too, and nothing is asked.
func (h *house) purpose(ctx context.Context, c *cli.Context, asked string) (access.Purpose, error) {
	purpose, err := access.ParsePurpose(c.String("purpose"))
	if err == nil {
		return purpose, nil
	}
	denied := access.Entry{Command: commandName(c), Purpose: access.Purpose(c.String("purpose")), Filter: asked, Outcome: access.Denied}
	return "", errors.Join(err, h.log.Record(ctx, denied))
}

// record logs what is about to be shown.
func (h *house) record(ctx context.Context, c *cli.Context, purpose access.Purpose, asked string, people int) error {
	return h.log.Record(ctx, access.Entry{Command: commandName(c), Purpose: purpose, Filter: asked, Rows: uint64(people)})
}

func commandName(c *cli.Context) string {
	return strings.TrimPrefix(c.Command.HelpName, "vmaudit ")
}

func printAffected(out io.Writer, l *analysis.List) error {
	fmt.Fprintf(out, "Change %s: %d extensions exposed, playback confirmed in %d", l.Change, l.Exposed, l.Confirmed)
	if l.Masked > 0 {
		fmt.Fprintf(out, "; masked (%d): protected, counted and not listed", l.Masked)
	}
	fmt.Fprint(out, "\n\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "EXTENSION\tNAME\tUNIT\tCONTROLLER\tVERDICT\tGRADE\tSESSIONS\tMESSAGES\tCALLERS\tFIRST (UTC)\tLAST (UTC)\tLISTEN BY\tREASONS")
	for _, x := range l.Extensions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", x.Extension, x.Name, x.Unit, x.Controller, x.Verdict, x.Grade,
			x.Sessions, rangeText(x.MessagesAtRisk), rangeText(x.Depositors), x.First.Format(time.DateTime), x.Last.Format(time.DateTime), listenBy(x), strings.Join(x.Reasons, ", "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return printLegend(out, l)
}

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
	return x.ListenBy.Format(time.DateTime)
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
