package analysis

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/store"
)

var (
	//go:embed reached.sql
	reachedSQL string
	//go:embed situations.sql
	situationsSQL string
	//go:embed attribute.sql
	attributeSQL string
	//go:embed claim.sql
	claimSQL string
	//go:embed greetings.sql
	greetingsSQL string
	//go:embed judge.sql
	judgeSQL string
)

// Audit is a change whose sessions all have their verdict. Its ID changes with
// everything that the verdicts depend on but the records: window, vendor's list,
// changed servers, directory, numbering plan, probes, detectors.
type Audit struct {
	ID        string
	Change    store.Change // its window is cut at AsOf
	AsOf      time.Time    // zero: all records count
	directory uint64       // version
	access    []string
}

// TooEarlyError says that the window begins only after the time as of which it was
// to be audited.
type TooEarlyError struct {
	Change     string
	AsOf, From time.Time
}

func (e *TooEarlyError) Error() string {
	return fmt.Sprintf("the window of change %q begins at %s: nothing of it can be known as of %s", e.Change, e.From.UTC().Format(time.RFC3339), e.AsOf.UTC().Format(time.RFC3339))
}

// UnknownListError says that the directory has not one of the extensions on the
// vendor's list: by a list of another form everybody would be out of scope.
type UnknownListError struct {
	Change string
	Listed int
}

func (e *UnknownListError) Error() string {
	return fmt.Sprintf("change %q: the directory has none of the %d extensions on the vendor's list, so everybody would be left out: check how the list writes them, or tell of the change without it", e.Change, e.Listed)
}

// ErrNothingImported says that there are no records at all: nothing can be said.
var ErrNothingImported = errors.New("no records are imported: nothing can be said; begin with vmaudit import")

// NoRecordsError says that no record lies in the change's window: that nobody was
// exposed does not follow.
type NoRecordsError struct {
	Change      string
	First, Last time.Time // of the records that there are
}

func (e *NoRecordsError) Error() string {
	return fmt.Sprintf("no record lies in the window of change %q (records run from %s to %s): nothing can be said about it; import the exports of that time, or check the window and its zone",
		e.Change, e.First.Format(time.RFC3339), e.Last.Format(time.RFC3339))
}

// Audit derives what is to be derived and gives every session that touches the
// change's window its verdict. Days that were judged before, with the same
// records and the same knowledge, are not judged again.
func (a *Auditor) Audit(ctx context.Context, change store.Change) (*Audit, error) {
	return a.AuditAsOf(ctx, change, time.Time{})
}

// AuditAsOf is [Auditor.Audit] of what had begun before t: the window is cut there,
// and nothing that began later counts. A session that was going on at t counts
// whole. The zero t cuts nothing.
func (a *Auditor) AuditAsOf(ctx context.Context, change store.Change, t time.Time) (*Audit, error) {
	if !t.IsZero() && !t.After(change.From) {
		return nil, &TooEarlyError{change.ID, t, change.From}
	}
	if !t.IsZero() && (change.Open() || t.Before(change.To)) {
		change.To = t
	}
	version, err := a.Store.DirectoryVersion(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := a.settings(ctx, change, version)
	if err != nil {
		return nil, err
	}
	settings.asOf = t
	// Somebody else may derive a day again while it is judged here: then once more.
	for range maxUnsettled {
		if err := a.Derive(ctx); err != nil {
			return nil, err
		}
		if err := a.demandRecords(ctx, change); err != nil {
			return nil, err
		}
		if err := a.demandServers(ctx, change.ID, change.Servers); err != nil {
			return nil, err
		}
		if settings.access, err = a.accessNumbers(ctx, version); err != nil {
			return nil, err
		}
		if settings.greetings, err = a.greetings(ctx); err != nil {
			return nil, err
		}
		audit := &Audit{ID: settings.id(), Change: change, AsOf: t, directory: version, access: settings.access}
		settled := false
		err := clickhouse.Again(func() (err error) {
			settled, err = a.judgeAll(ctx, audit, settings)
			return err
		})
		if err != nil {
			return nil, err
		}
		if settled {
			return audit, clickhouse.Again(func() error { return a.recordAudit(ctx, audit) })
		}
	}
	return nil, errors.New("records keep coming in while they are judged: try again when the imports have ended")
}

const maxUnsettled = 20

// settings are what the verdicts of one audit depend on, besides the records.
type settings struct {
	change    store.Change
	asOf      time.Time
	directory uint64
	listed    []string // mailboxes of the vendor's list
	access    []string // access numbers, as dialled; follows from plan, directory and records
	plan      string
	probes    []string
	greetings uint64 // hash of the greetings that are messages: they act on other days than their own
	detectors []Detector
}

func (a *Auditor) settings(ctx context.Context, change store.Change, version uint64) (*settings, error) {
	s := &settings{change: change, directory: version, probes: a.Probes, detectors: a.detectors()}
	if a.Plan.Given() {
		s.plan = fmt.Sprintf("%+v", *a.Plan)
	}
	if !change.Listed {
		return s, nil
	}
	// The vendor names extensions; what is exposed are mailboxes.
	holders, err := a.Store.Holders(ctx)
	if err != nil {
		return nil, err
	}
	for _, ext := range change.Extensions {
		s.listed = append(s.listed, ext, a.Numbers.Party(ext).ID, a.Numbers.Mailbox(ext))
	}
	known := 0
	for _, h := range holders {
		if slices.ContainsFunc(change.Extensions, func(ext string) bool {
			return ext == h.Extension || slices.Contains(h.Called, a.Numbers.Party(ext).ID)
		}) {
			s.listed = append(s.listed, h.Mailbox, h.Extension)
			known++
		}
	}
	if known == 0 && len(holders) > 0 {
		return nil, &UnknownListError{change.ID, len(change.Extensions)}
	}
	slices.Sort(s.listed)
	s.listed = slices.Compact(s.listed)
	return s, nil
}

func (s *settings) id() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %d %d %d %v %q %q %d %q %q %d %s", s.change.ID, s.change.From.UnixMilli(), s.change.To.UnixMilli(), s.asOf.UnixMilli(), s.change.Listed,
		s.listed, s.change.Servers, s.directory, s.plan, s.probes, s.greetings, version(s.detectors))
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}

// accessNumbers returns the internal numbers in the sessions that are no staff
// extension but a way into voicemail. The plan says which; without one, every
// number that the directory does not know, and without a directory too, the
// service codes (with * or #) only: else no extension would be left to be exposed.
func (a *Auditor) accessNumbers(ctx context.Context, version uint64) ([]string, error) {
	var access []string
	err := a.each(ctx, "reading which numbers were dialled", `
		SELECT DISTINCT dialled FROM sessions
		WHERE dialled_class = 'internal' AND dialled NOT IN (
			SELECT arrayJoin(called) FROM directory FINAL WHERE version = {version:UInt64})
		ORDER BY dialled`,
		func(scan func(...any) error) error {
			var n string
			if err := scan(&n); err != nil {
				return err
			}
			if a.isAccess(n, version != 0) {
				access = append(access, n)
			}
			return nil
		}, named("version", fmt.Sprint(version)))
	return access, err
}

// greetings hashes what is known of greetings that are messages.
func (a *Auditor) greetings(ctx context.Context) (hash uint64, err error) {
	err = a.Store.DB.QueryRow(ctx, `SELECT sum(cityHash64(system, id)) FROM records FINAL WHERE kind = 'message' AND event LIKE 'greeting%'`).Scan(&hash)
	if err != nil {
		return 0, fmt.Errorf("reading which greetings are messages: %w", err)
	}
	return hash, nil
}

func (a *Auditor) isAccess(n string, directory bool) bool {
	if a.Plan.Given() {
		// A service code that is not listed as an extension is nobody's mailbox.
		return a.Plan.IsAccess(n) || strings.ContainsAny(n, "*#") && !a.Plan.IsExtension(n)
	}
	return directory || strings.ContainsAny(n, "*#")
}

// demandRecords refuses a window without a record: nobody exposed would not follow.
func (a *Auditor) demandRecords(ctx context.Context, change store.Change) error {
	found := false
	err := a.each(ctx, "looking for records in the window", `
		SELECT 1 FROM records
		WHERE kind != 'message' AND day >= toDate({from:DateTime64(3, 'UTC')}) - 1
		  AND ({open:Bool} OR start < {to:DateTime64(3, 'UTC')}) AND greatest(start, end) >= {from:DateTime64(3, 'UTC')}
		LIMIT 1`,
		func(scan func(...any) error) error {
			found = true
			return nil
		}, a.window(change)...)
	if err != nil || found {
		return err
	}
	var n uint64
	var first, last time.Time
	if err := a.Store.DB.QueryRow(ctx, `SELECT count(), min(start), max(greatest(start, end)) FROM records WHERE kind != 'message'`).Scan(&n, &first, &last); err != nil {
		return fmt.Errorf("counting records: %w", err)
	}
	if n == 0 {
		return ErrNothingImported
	}
	return &NoRecordsError{change.ID, first.UTC(), last.UTC()}
}

// asOf writes the time after which nothing counts.
func asOf(t time.Time) string {
	if t.IsZero() {
		return "2200-01-01 00:00:00.000"
	}
	return clock(t)
}

// clock writes a time as query parameters have it.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }

func (a *Auditor) window(c store.Change) []any {
	return []any{
		named("from", clock(c.From)),
		named("to", max(clock(c.To), "1970-01-01 00:00:00.000")),
		named("open", fmt.Sprint(c.Open())),
	}
}

// judgeAll judges the days that need it and reports whether the sessions that it
// judged are still those that count.
func (a *Auditor) judgeAll(ctx context.Context, audit *Audit, s *settings) (settled bool, err error) {
	days, err := a.windowDays(ctx, s.change)
	if err != nil {
		return false, err
	}
	judged, err := a.judgedDays(ctx, audit.ID)
	if err != nil {
		return false, err
	}
	var stale []day
	for _, d := range days {
		if have := judged[d.key()]; have.build != d.build {
			d.judged = have.judged
			stale = append(stale, d)
		}
	}
	stored, err := a.storedMessages(ctx)
	if err != nil {
		return false, err
	}
	built, err := a.builtDays(ctx)
	if err != nil {
		return false, err
	}
	done := 0
	for _, slice := range runs(stale, atOnce.situated, func(d day) uint64 { return d.reached }) {
		a.progress("judging sessions", done, len(stale))
		j := judgement{a, audit, s, rand.Uint64() | 1, slice, built}
		if err := j.do(ctx, stored[slice[0].system]); err != nil {
			return false, fmt.Errorf("judging the sessions of %s from %s: %w", slice[0].system, slice[0].date.Format(time.DateOnly), err)
		}
		done += len(slice)
	}
	if len(stale) > 0 {
		a.progress("judging sessions", done, len(stale))
	}
	now, err := a.windowDays(ctx, s.change)
	return slices.Equal(days, now), err
}

// windowDays returns the days whose sessions can touch the window. A session
// belongs to the day on which its call began, so two days before count as well.
func (a *Auditor) windowDays(ctx context.Context, c store.Change) ([]day, error) {
	built, err := a.builtDays(ctx)
	if err != nil {
		return nil, err
	}
	first := c.From.UTC().Truncate(24*time.Hour).AddDate(0, 0, -2)
	var days []day
	for _, key := range slices.Sorted(maps.Keys(built)) {
		d := built[key]
		if !d.date.Before(first) && (c.Open() || d.date.Before(c.To)) {
			days = append(days, d)
		}
	}
	return days, nil
}

// judgedDays returns the builds that this audit has judged, by day.key.
func (a *Auditor) judgedDays(ctx context.Context, id string) (map[string]day, error) {
	judged := map[string]day{}
	err := a.each(ctx, "reading which days are judged", `SELECT system, day, build, judged FROM audit_days FINAL WHERE audit = {audit:String}`,
		func(scan func(...any) error) error {
			var d day
			err := scan(&d.system, &d.date, &d.build, &d.judged)
			judged[d.key()] = d
			return err
		}, named("audit", id))
	return judged, err
}

// superseded is how old another audit of the same change must be before its
// verdicts, which are personal data, are dropped: until then somebody may be
// reading them.
const superseded = 24 * time.Hour

// recordAudit notes the audit, and forgets those of the change that it replaces.
func (a *Auditor) recordAudit(ctx context.Context, audit *Audit) error {
	batch, err := a.Store.DB.PrepareBatch(ctx, `INSERT INTO audits (audit, change, from, to, directory, detectors, made)`)
	if err != nil {
		return err
	}
	defer batch.Abort()
	if err := batch.Append(audit.ID, audit.Change.ID, audit.Change.From, store.Epoch(audit.Change.To), audit.directory, version(a.detectors()), time.Now()); err != nil {
		return err
	}
	if err := batch.Send(); err != nil {
		return err
	}
	var old []string
	err = a.each(ctx, "looking for older audits", `SELECT audit FROM audits FINAL WHERE change = {change:String} AND audit != {audit:String} AND made < now() - toIntervalSecond({age:UInt32})`,
		func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			old = append(old, id)
			return err
		}, named("change", audit.Change.ID), named("audit", audit.ID), named("age", fmt.Sprint(int(superseded.Seconds()))))
	for _, id := range old {
		if err == nil {
			err = a.forgetAudit(ctx, id)
		}
	}
	return err
}

// forgetAudit drops an audit's verdicts. Its days are no longer judged before the
// verdicts go, so that nobody takes what is left for the whole.
func (a *Auditor) forgetAudit(ctx context.Context, id string) error {
	if strings.Trim(id, "0123456789abcdef") != "" {
		return fmt.Errorf("audit %q is no audit's id", id)
	}
	for _, step := range [][2]string{
		{"audit_days", "DELETE FROM %s%s WHERE audit = '" + id + "'"},
		{"verdicts", "ALTER TABLE %s%s DROP PARTITION '" + id + "'"},
		{"audits", "DELETE FROM %s%s WHERE audit = '" + id + "'"},
	} {
		table, onCluster, err := a.Store.DB.Local(ctx, step[0])
		if err != nil {
			return err
		}
		if err := a.Store.DB.Exec(ctx, fmt.Sprintf(step[1], table, onCluster)); err != nil {
			return fmt.Errorf("forgetting audit %s: %w", id, err)
		}
	}
	return nil
}
