package analysis

import (
	"context"
	"fmt"
	"time"

	"vmaudit/internal/store"
)

// judgement gives the sessions of a run of days their verdicts.
type judgement struct {
	*Auditor
	audit *Audit
	*settings
	run   uint64 // names its work rows
	slice []day
	built map[string]day // all days, by their key
}

func (j *judgement) do(ctx context.Context, stored bool) error {
	if err := j.situate(ctx, j.slice, true); err != nil {
		return err
	}
	if stored {
		if err := j.attribute(ctx); err != nil {
			return err
		}
	}
	if err := j.judge(ctx); err != nil {
		return err
	}
	if err := j.publish(ctx); err != nil {
		return err
	}
	return j.dropRows(ctx, j.run, "reached_rows", "situation_rows", "attribution_rows")
}

// args are what all its questions ask with.
func (j *judgement) args(slice []day) []any {
	args := append(j.window(j.change), spanArgs(slice)...)
	return append(args, named("run", fmt.Sprint(j.run)), named("audit", j.audit.ID),
		named("directory", fmt.Sprint(j.directory)), named("list", fmt.Sprint(j.change.Listed)),
		named("listed", j.listed), named("servers", j.change.Servers), named("access", j.access), named("plan", fmt.Sprint(j.plan != "")), named("probes", j.probes))
}

// situate looks at the sessions of some days, to be judged or as neighbours.
func (j *judgement) situate(ctx context.Context, slice []day, inside bool) error {
	var dates []string
	var builds []uint64
	for _, d := range slice {
		dates, builds = append(dates, d.date.Format(time.DateOnly)), append(builds, d.build)
	}
	ranges, err := j.sessionRanges(ctx, slice)
	if err != nil {
		return err
	}
	for _, r := range ranges {
		args := append(append(j.args(slice), r.args()...), named("days", dates), named("builds", builds), named("inside", fmt.Sprint(inside)))
		for _, question := range []string{reachedSQL, situationsSQL} {
			if err := j.exec(ctx, compose(question, nil), args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// attribute finds who listened to the messages that were moved, and to greetings
// that are messages. A move near midnight may be a neighbouring day's session's.
func (j *judgement) attribute(ctx context.Context) error {
	first, last := j.slice[0], j.slice[len(j.slice)-1]
	for _, d := range []day{{system: first.system, date: first.date.AddDate(0, 0, -1)}, {system: last.system, date: last.date.AddDate(0, 0, 1)}} {
		if near, ok := j.built[d.key()]; ok {
			if err := j.situate(ctx, []day{near}, false); err != nil {
				return err
			}
		}
	}
	for _, question := range []string{attributeSQL, claimSQL, compose(greetingsSQL, nil)} {
		if err := j.exec(ctx, question, j.args(j.slice)...); err != nil {
			return err
		}
	}
	return nil
}

// judge lets the detectors speak, and checks that each session has exactly one
// verdict: whom a detector forgot would be left out of the list.
func (j *judgement) judge(ctx context.Context) error {
	sessions, err := j.count(ctx, `
		SELECT count() FROM situation_rows
		WHERE run = {run:UInt64} AND inside
		  AND (claimed OR id NOT IN (SELECT arrayJoin([id, move]) FROM attribution_rows WHERE run = {run:UInt64}))`)
	if err != nil {
		return err
	}
	question := compose(judgeSQL, j.settings.detectors)
	for _, ids := range idRanges(sessions, atOnce.judged) {
		if err := j.exec(ctx, question, append(j.args(j.slice), named("low_id", ids.low), named("high_id", ids.high))...); err != nil {
			return err
		}
	}
	verdicts, err := j.count(ctx, `
		SELECT count() FROM verdicts
		WHERE audit = {audit:String} AND run = {run:UInt64} AND system = {system:String} AND day BETWEEN {first:Date} AND {last:Date}`)
	if err != nil {
		return err
	}
	if sessions != verdicts {
		return fmt.Errorf("%d sessions have %d verdicts: a detector lost or doubled some", sessions, verdicts)
	}
	return nil
}

func (j *judgement) count(ctx context.Context, question string) (n uint64, err error) {
	err = j.Store.DB.QueryRow(ctx, question, j.args(j.slice)...).Scan(&n)
	return n, err
}

// publish makes the verdicts those that count, for all days of the slice at once.
func (j *judgement) publish(ctx context.Context) error {
	batch, err := j.Store.DB.PrepareBatch(ctx, `INSERT INTO audit_days (audit, system, day, build, run, judged)`)
	if err != nil {
		return err
	}
	defer batch.Abort()
	for _, d := range j.slice {
		if err := batch.Append(j.audit.ID, d.system, d.date, d.build, j.run, store.Later(d.judged)); err != nil {
			return err
		}
	}
	return batch.Send()
}
