package analysis

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/store"
)

var (
	//go:embed calls.sql
	callsSQL string
	//go:embed hits.sql
	hitsSQL string
	//go:embed sessions.sql
	sessionsSQL string
)

// day is one day (UTC) of one system.
type day struct {
	system      string
	date        time.Time
	records     uint64
	reached     uint64 // calls that reached a mailbox
	fingerprint uint64
	build       uint64 // of its sessions; 0: none

	built, judged time.Time // when, as far as that is known
}

// Derive brings the sessions up to date with the records: days that are new, or
// whose records or neighbours changed, are derived again. It may be cut off and
// run again at any point; readers see the old build of a day until the new one is
// whole. Who derives in one embedded database at the same time takes turns.
func (a *Auditor) Derive(ctx context.Context) error {
	end, err := a.Store.TakeTurn(ctx, "derive.lock", func() { a.progress("waiting for another derivation", 0, 1) })
	if err != nil {
		return err
	}
	defer end()
	days, err := a.recordDays(ctx)
	if err != nil {
		return err
	}
	built, err := a.builtDays(ctx)
	if err != nil {
		return err
	}
	var stale []day
	for _, d := range days {
		have, ok := built[d.key()]
		if ok && have.fingerprint == d.fingerprint {
			continue
		}
		d.build, d.built = have.build, have.built // to be replaced
		stale = append(stale, d)
	}
	stored, err := a.storedMessages(ctx)
	if err != nil {
		return err
	}
	done := 0
	for _, slice := range runs(stale, atOnce.derived, func(d day) uint64 { return d.records }) {
		a.progress("deriving sessions", done, len(stale))
		// What a build that was lost has stored is swept with the old ones; its work rows go by their age.
		if err := clickhouse.Again(func() error { return a.derive(ctx, slice, stored[slice[0].system]) }); err != nil {
			return fmt.Errorf("deriving the sessions of %s from %s to %s: %w", slice[0].system,
				slice[0].date.Format(time.DateOnly), slice[len(slice)-1].date.Format(time.DateOnly), err)
		}
		done += len(slice)
	}
	if len(stale) > 0 {
		a.progress("deriving sessions", done, len(stale))
	}
	return nil
}

func (d day) key() string { return d.system + "\x00" + d.date.Format(time.DateOnly) }

// recordDays counts the records per system and day. A day's fingerprint covers
// its neighbours, because a call may begin in one and end in the other, and the
// derivation itself. Records are only ever added, one by one, so that counts tell.
func (a *Auditor) recordDays(ctx context.Context) ([]day, error) {
	days, err := a.countRecords(ctx)
	for i := range days {
		h := fnv.New64a()
		fmt.Fprintf(h, "%q %q %q %q", callsSQL, hitsSQL, sessionsSQL, countCallsSQL)
		for j := max(i-1, 0); j <= min(i+1, len(days)-1); j++ {
			gap := days[j].date.Sub(days[i].date).Abs()
			if days[j].system == days[i].system && gap <= 24*time.Hour {
				fmt.Fprintf(h, " %d", days[j].records)
			}
		}
		days[i].fingerprint = h.Sum64()
	}
	return days, err
}

// countRecords counts them in slices of days: how many a day has, the engine knows
// without reading, because days are partitions.
func (a *Auditor) countRecords(ctx context.Context) (days []day, err error) {
	var dates []day
	err = a.each(ctx, "counting records", `SELECT day, count() FROM records GROUP BY day ORDER BY day`,
		func(scan func(...any) error) error {
			var d day
			err := scan(&d.date, &d.records)
			dates = append(dates, d)
			return err
		})
	if err != nil {
		return nil, err
	}
	for _, slice := range runs(dates, atOnce.counted, func(d day) uint64 { return d.records }) {
		err := a.each(ctx, "counting records", `
			SELECT system, day, count() FROM records WHERE day BETWEEN {first:Date} AND {last:Date} GROUP BY system, day`,
			func(scan func(...any) error) error {
				var d day
				err := scan(&d.system, &d.date, &d.records)
				days = append(days, d)
				return err
			}, spanArgs(slice)...)
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(days, func(x, y day) int { return cmp.Or(strings.Compare(x.system, y.system), x.date.Compare(y.date)) })
	return days, nil
}

// reach is how far a system's records reach.
type reach struct {
	first time.Time // of any record
	last  time.Time // end of any record that began about the last day on which calls began
}

// reaches returns the reach of all systems, from their first and last days.
func (a *Auditor) reaches(ctx context.Context) (map[string]reach, error) {
	all := map[string]reach{}
	err := a.each(ctx, "reading how far the records reach", `
		SELECT system, min(start), max(greatest(start, end)) FROM records
		WHERE kind != 'message' AND (system, day) IN (
			SELECT system, arrayJoin([min(day), max(day), max(day) + 1]) FROM session_days FINAL WHERE calls > 0 GROUP BY system)
		GROUP BY system`,
		func(scan func(...any) error) error {
			var system string
			var r reach
			err := scan(&system, &r.first, &r.last)
			all[system] = r
			return err
		})
	return all, err
}

// builtDays returns the builds that count, by day.key.
func (a *Auditor) builtDays(ctx context.Context) (map[string]day, error) {
	built := map[string]day{}
	err := a.each(ctx, "reading which days are derived", `SELECT system, day, records, reached, fingerprint, build, built FROM session_days FINAL`,
		func(scan func(...any) error) error {
			var d day
			err := scan(&d.system, &d.date, &d.records, &d.reached, &d.fingerprint, &d.build, &d.built)
			built[d.key()] = d
			return err
		})
	return built, err
}

// storedMessages returns the systems whose voicemail spool was imported.
func (a *Auditor) storedMessages(ctx context.Context) (map[string]bool, error) {
	systems := map[string]bool{}
	err := a.each(ctx, "looking for stored messages", `SELECT DISTINCT system FROM records WHERE kind = 'message'`, func(scan func(...any) error) error {
		var system string
		err := scan(&system)
		systems[system] = true
		return err
	})
	return systems, err
}

// derive builds the sessions of some days, a range of calls at a time.
func (a *Auditor) derive(ctx context.Context, slice []day, stored bool) error {
	build := rand.Uint64() | 1
	ranges, err := a.callRanges(ctx, slice, atOnce.derived)
	if err != nil {
		return err
	}
	records := compose(callsSQL, struct{ Stored bool }{stored})
	calls := map[string]callCount{}
	for _, r := range ranges {
		args := append(spanArgs(slice), r.args()...)
		for _, question := range []string{records, hitsSQL, sessionsSQL} {
			if err := a.exec(ctx, question, append(args, named("build", fmt.Sprint(build)))...); err != nil {
				return err
			}
		}
		if err := a.countCalls(ctx, calls, args); err != nil {
			return err
		}
	}
	if err := a.publish(ctx, slice, build, calls); err != nil {
		return err
	}
	if err := a.dropRows(ctx, build, "call_rows", "hit_rows"); err != nil {
		return err
	}
	return a.forget(ctx, slice, build)
}

// forget drops the builds of these days that do not count any more.
func (a *Auditor) forget(ctx context.Context, slice []day, build uint64) error {
	old, err := a.oldBuilds(ctx, slice, build)
	if err != nil {
		return err
	}
	for _, d := range old {
		partition := fmt.Sprintf("('%s', %d)", d.date.Format(time.DateOnly), d.build)
		if err := a.dropPartition(ctx, "sessions", partition); err != nil {
			return err
		}
	}
	return nil
}

// oldBuilds are those that were replaced, and where derivations take turns all but
// the new one: also what was left by one that was killed. On a server somebody else
// may be about to publish one of them.
func (a *Auditor) oldBuilds(ctx context.Context, slice []day, build uint64) (old []day, err error) {
	if a.Store.DB.Dir() == "" {
		return slices.DeleteFunc(slices.Clone(slice), func(d day) bool { return d.build == 0 }), nil
	}
	err = a.each(ctx, "looking for old sessions", `
		SELECT DISTINCT day, build FROM sessions
		WHERE system = {system:String} AND day BETWEEN {first:Date} AND {last:Date} AND build != {build:UInt64}`,
		func(scan func(...any) error) error {
			var d day
			err := scan(&d.date, &d.build)
			old = append(old, d)
			return err
		}, append(spanArgs(slice), named("build", fmt.Sprint(build)))...)
	return old, err
}

// dropRows drops the work rows of a build or run, which nobody needs any more.
func (a *Auditor) dropRows(ctx context.Context, run uint64, names ...string) error {
	for _, name := range names {
		if err := a.dropPartition(ctx, name, fmt.Sprint(run)); err != nil {
			return err
		}
	}
	return nil
}

// dropPartition drops a partition on all nodes; one that is not there is no error.
func (a *Auditor) dropPartition(ctx context.Context, name, partition string) error {
	table, onCluster, err := a.Store.DB.Local(ctx, name)
	if err != nil {
		return err
	}
	return a.Store.DB.Exec(ctx, fmt.Sprintf("ALTER TABLE %s%s DROP PARTITION %s", table, onCluster, partition))
}

type callCount struct{ calls, reached uint64 }

const countCallsSQL = `
	SELECT begun, count(), countIf(reached)
	FROM (
		SELECT call, min(day) AS begun, max(action != '') AS reached
		FROM records
		WHERE system = {system:String} AND day BETWEEN {first:Date} - 1 AND {last:Date} + 1 AND kind != 'message'
		  AND call >= {low:String} AND ({high:String} = '' OR call < {high:String})
		GROUP BY call)
	WHERE begun BETWEEN {first:Date} AND {last:Date}
	GROUP BY begun`

// countCalls adds the calls that began on each day, and those among them that
// reached a mailbox, be it the day after.
func (a *Auditor) countCalls(ctx context.Context, counts map[string]callCount, args []any) error {
	return a.each(ctx, "counting calls", countCallsSQL,
		func(scan func(...any) error) error {
			var date time.Time
			var c callCount
			err := scan(&date, &c.calls, &c.reached)
			have := counts[date.Format(time.DateOnly)]
			counts[date.Format(time.DateOnly)] = callCount{have.calls + c.calls, have.reached + c.reached}
			return err
		}, args...)
}

// publish makes the build the one that counts, for all days of the slice at once.
func (a *Auditor) publish(ctx context.Context, slice []day, build uint64, calls map[string]callCount) error {
	batch, err := a.Store.DB.PrepareBatch(ctx, `INSERT INTO session_days (system, day, fingerprint, build, records, calls, reached, built)`)
	if err != nil {
		return err
	}
	defer batch.Abort()
	for _, d := range slice {
		c := calls[d.date.Format(time.DateOnly)]
		if err := batch.Append(d.system, d.date, d.fingerprint, build, d.records, c.calls, c.reached, store.Later(d.built)); err != nil {
			return err
		}
	}
	return batch.Send()
}
