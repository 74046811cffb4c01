package analysis

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vmaudit/internal/store"
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
	if err := a.noteImports(ctx, s); err != nil {
		return err
	}
	if err := a.noteList(ctx, audit, s); err != nil {
		return err
	}
	if audit.directory == 0 {
		s.say("no directory is imported: owners cannot be told from strangers, and nobody has a name")
	}
	if n := s.unlisted(); n > 0 {
		s.say("%d sessions are out of scope by the vendor's list only: the records cannot tell them from those that count", n)
	}
	if err := a.noteServers(ctx, audit, s); err != nil {
		return err
	}
	if s.Extensions.Exposed > 0 && s.Extensions.Confirmed == 0 {
		s.say("no playback is established; that is no evidence that nothing was heard")
	}
	if err := a.noteBlind(ctx, audit, s); err != nil {
		return err
	}
	if s.Severity() != None {
		s.say("records do not tell why it happened (root cause: undetermined), nor of whom the messages spoke (people with protected identity among them: unknown)")
	}
	if s.AsOf != nil {
		s.say("as of %s: only what began before counts, this is no audit of the whole window; whether the exports could be had by then is not known", s.AsOf.Format(time.RFC3339))
	}
	if a.Zone == nil {
		s.say("the statement's dates are days in UTC: name the zone of the deployment with zone in --config")
	}
	return nil
}

// noteBlind tells of systems whose records show that a call reached voicemail and
// nothing of what happened there.
func (a *Auditor) noteBlind(ctx context.Context, audit *Audit, s *Summary) error {
	return a.each(ctx, "asking what the records show", `
		SELECT system FROM sessions
		WHERE (system, day, build) IN (SELECT system, day, build FROM session_days FINAL)
		  AND ({open:Bool} OR begin < {to:DateTime64(3, 'UTC')}) AND greatest(end, begin) >= {from:DateTime64(3, 'UTC')}
		GROUP BY system HAVING sum(deposit + opened + demanded + failed + heard + envelope + late + moved) = 0
		ORDER BY system`,
		func(scan func(...any) error) error {
			var system string
			if err := scan(&system); err != nil {
				return err
			}
			s.say("the records of %q show that calls reached voicemail and nothing of what happened there: they can raise suspicion at most, and never show what was played", system)
			return nil
		}, a.window(audit.Change)...)
}

func (s *Summary) say(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

// noteReach tells where records end inside the window: what they do not cover is
// not "nobody".
func (a *Auditor) noteReach(ctx context.Context, audit *Audit, s *Summary) error {
	reaches, err := a.reaches(ctx)
	for _, system := range slices.Sorted(maps.Keys(reaches)) {
		r := reaches[system]
		if r.first.After(audit.Change.From) {
			s.say("records of %q begin at %s, later than the window: what came before is not in these numbers", system, r.first.UTC().Format(time.RFC3339))
		}
		if !audit.Change.Open() && r.last.Before(audit.Change.To) {
			s.say("records of %q end at %s, earlier than the window: what came after is not in these numbers", system, r.last.UTC().Format(time.RFC3339))
		}
	}
	return err
}

// unknownShown bounds how many unknown numbers a note names.
const unknownShown = 5

// noteUnknown tells of sessions at mailboxes that nobody could be found for.
func (a *Auditor) noteUnknown(ctx context.Context, audit *Audit, s *Summary) error {
	unboxed, _, err := a.unknown(ctx, audit)
	if err != nil {
		return err
	}
	if unboxed > 0 {
		s.say("%d exposing sessions reached voicemail by a number that is no known extension's: whose mailbox it was is not known, and they are in no extension's count", unboxed)
	}
	if audit.directory == 0 || a.Plan.Given() {
		return nil
	}
	protected, err := a.protected(ctx)
	if err != nil {
		return err
	}
	var numbers []string
	var total uint64
	err = a.each(ctx, "counting numbers that the directory does not know", `
		SELECT dialled, count() AS n FROM sessions
		WHERE dialled_class = 'internal' AND has({access:Array(String)}, dialled) AND (system, day, build) IN (SELECT system, day, build FROM session_days FINAL)
		  AND ({open:Bool} OR begin < {to:DateTime64(3, 'UTC')}) AND greatest(end, begin) >= {from:DateTime64(3, 'UTC')}
		GROUP BY dialled ORDER BY n DESC, dialled`,
		func(scan func(...any) error) error {
			var number string
			var n uint64
			err := scan(&number, &n)
			total += n
			if len(numbers) < unknownShown && !protected.ends(number) {
				numbers = append(numbers, fmt.Sprintf("%s (%d)", number, n))
			}
			return err
		}, append(a.auditArgs(audit), a.window(audit.Change)...)...)
	if total > 0 {
		s.say("dialled numbers that the directory does not know count as access numbers: %s; if one is a staff extension, add it to the directory or give a numbering plan in --config", strings.Join(numbers, ", "))
	}
	if err != nil {
		return err
	}
	return a.noteOutside(ctx, audit, s)
}

// noteOutside tells of outside numbers that lead to voicemail and are in nobody's
// row of the directory: a DID that is missing there.
func (a *Auditor) noteOutside(ctx context.Context, audit *Audit, s *Summary) error {
	var n, numbers uint64
	err := a.Store.DB.QueryRow(ctx, `
		SELECT count(), uniqExact(dialled) FROM sessions
		WHERE dialled_class IN ('external', 'foreign') AND (system, day, build) IN (SELECT system, day, build FROM session_days FINAL)
		  AND ({open:Bool} OR begin < {to:DateTime64(3, 'UTC')}) AND greatest(end, begin) >= {from:DateTime64(3, 'UTC')}
		  AND dialled NOT IN (SELECT arrayJoin(called) FROM directory FINAL WHERE version = {directory:UInt64})`,
		append(a.auditArgs(audit), a.window(audit.Change)...)...).Scan(&n, &numbers)
	if err != nil {
		return fmt.Errorf("counting outside numbers: %w", err)
	}
	if n > 0 {
		s.say("%d sessions were reached by %d outside numbers that the directory does not know; they count as access numbers: if they are DIDs of staff, add them to the directory", n, numbers)
	}
	return nil
}

// noteImports tells of rows that are not there yet, or could not be read: they
// may be the ones that matter.
func (a *Auditor) noteImports(ctx context.Context, s *Summary) error {
	ledger, err := a.Store.Ledger(ctx)
	if err != nil {
		return err
	}
	var rejected uint64
	for _, e := range ledger {
		rejected += e.Rejected
		if e.State != store.Done {
			s.say("the import of %q is not finished: what it still brings is not in these numbers; run it again if it was cut off", e.Name)
			s.unfinished = true
		}
	}
	if rejected > 0 {
		s.say("%d lines could not be read and are not in these numbers: see vmaudit imports --rejects", rejected)
	}
	return nil
}

// noteList tells of entries of the vendor's list that are nobody's.
func (a *Auditor) noteList(ctx context.Context, audit *Audit, s *Summary) error {
	if !audit.Change.Listed {
		return nil
	}
	protected, err := a.protected(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, h := range protected.holders {
		known[h.Extension] = true
		for _, number := range h.Called {
			known[number] = true
		}
	}
	missing := 0
	for _, ext := range audit.Change.Extensions {
		if !known[ext] && !known[a.Numbers.Party(ext).ID] {
			missing++
		}
	}
	if missing > 0 {
		s.say("%d of the %d extensions on the vendor's list are not in the directory", missing, len(audit.Change.Extensions))
	}
	return nil
}
