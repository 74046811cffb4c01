package analysis

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// note adds what limits the numbers of the summary: the reach of the records,
// unknown mailboxes and numbers, the vendor's list.
func (a *Auditor) note(ctx context.Context, audit *Audit, s *Summary) error {
	if err := a.noteReach(ctx, audit, s); err != nil {
		return err
	}
	if err := a.noteUnknown(ctx, audit, s); err != nil {
		return err
	}
	if audit.directory == 0 {
		s.say("no directory is imported: owners cannot be told from strangers, and nobody has a name")
	}
	if n := s.Sessions[OutOfScope]; n > 0 {
		s.say("%d sessions are out of scope by the vendor's list only: the records cannot tell them from those that count", n)
	}
	if s.Extensions.Exposed > 0 && s.Extensions.Confirmed == 0 {
		s.say("no playback is established; that is no evidence that nothing was heard")
	}
	return nil
}

func (s *Summary) say(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

// noteReach tells where records end inside the window: what they do not cover is
// not "nobody".
func (a *Auditor) noteReach(ctx context.Context, audit *Audit, s *Summary) error {
	return a.each(ctx, "reading how far the records reach", `SELECT system, min(start), max(greatest(start, end)) FROM records GROUP BY system ORDER BY system`,
		func(scan func(...any) error) error {
			var system string
			var begin, end time.Time
			if err := scan(&system, &begin, &end); err != nil {
				return err
			}
			if begin.After(audit.Change.From) {
				s.say("records of %q begin at %s, later than the window: what came before is not in these numbers", system, begin.UTC().Format(time.RFC3339))
			}
			if !audit.Change.Open() && end.Before(audit.Change.To) {
				s.say("records of %q end at %s, earlier than the window: what came after is not in these numbers", system, end.UTC().Format(time.RFC3339))
			}
			return nil
		})
}

// unknownShown bounds how many unknown numbers a note names.
const unknownShown = 5

// noteUnknown tells of sessions at mailboxes that nobody could be found for.
func (a *Auditor) noteUnknown(ctx context.Context, audit *Audit, s *Summary) error {
	var unboxed uint64
	err := a.Store.DB.QueryRow(ctx, compose(`WITH {{template "current"}} SELECT count() FROM current WHERE box = '' AND has({exposing:Array(String)}, verdict)`, nil),
		a.auditArgs(audit)...).Scan(&unboxed)
	if err != nil {
		return fmt.Errorf("counting sessions at unknown mailboxes: %w", err)
	}
	if unboxed > 0 {
		s.say("%d exposing sessions reached voicemail by an access number: whose mailbox it was is not known, and they are in no extension's count", unboxed)
	}
	if audit.directory == 0 || a.Plan != nil && a.Plan.Given() {
		return nil
	}
	var numbers []string
	var total uint64
	err = a.each(ctx, "counting numbers that the directory does not know", `
		SELECT dialled, count() AS n FROM sessions
		WHERE dialled_class = 'internal' AND has({access:Array(String)}, dialled) AND (system, day, build) IN (SELECT system, day, build FROM session_days FINAL)
		GROUP BY dialled ORDER BY n DESC, dialled`,
		func(scan func(...any) error) error {
			var number string
			var n uint64
			err := scan(&number, &n)
			total += n
			if len(numbers) < unknownShown {
				numbers = append(numbers, fmt.Sprintf("%s (%d)", number, n))
			}
			return err
		}, a.auditArgs(audit)...)
	if total > 0 {
		s.say("dialled numbers that the directory does not know count as access numbers: %s; if one is a staff extension, add it to the directory or give a numbering plan in --config", strings.Join(numbers, ", "))
	}
	return err
}
