package analysis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"vmaudit/internal/store"
)

var (
	//go:embed left.sql
	leftSQL string
	//go:embed at_risk.sql
	atRiskSQL string
)

// risk is what the records show of the messages in one mailbox.
type risk struct {
	messages, depositors uint64
	oldest               time.Time // of them
}

// addRisk adds how many messages were at risk, of how many callers, and until
// when they can be listened to.
func (a *Auditor) addRisk(ctx context.Context, audit *Audit, all []Affected) error {
	if len(all) == 0 {
		return nil
	}
	reaches, err := a.reaches(ctx)
	if err != nil {
		return err
	}
	run := rand.Uint64() | 1
	risks, err := a.risks(ctx, audit, run, all)
	// They say who was exposed: they go also when the question was broken off.
	err = errors.Join(err, a.dropRows(context.WithoutCancel(ctx), run, "exposed_rows", "left_rows"))
	if err != nil {
		return fmt.Errorf("counting the messages at risk: %w", err)
	}
	for i := range all {
		all[i].add(risks[all[i].box], reaches, a.retention())
	}
	return nil
}

// risks collects what may have been left, some days at a time, and counts it by mailbox.
func (a *Auditor) risks(ctx context.Context, audit *Audit, run uint64, all []Affected) (map[string]risk, error) {
	first, last, err := a.tellExposures(ctx, run, all)
	if err != nil {
		return nil, err
	}
	days, err := a.windowDays(ctx, store.Change{From: first.Add(-a.retention()), To: last.Add(time.Millisecond)})
	if err != nil {
		return nil, err
	}
	var sessions uint64
	for _, slice := range runs(days, atOnce.situated, func(d day) uint64 { return d.reached }) {
		ranges, err := a.sessionRanges(ctx, slice)
		if err != nil {
			return nil, err
		}
		for _, r := range ranges {
			args := append(append(a.auditArgs(audit), spanArgs(slice)...), r.args()...)
			if err := a.exec(ctx, leftSQL, append(args, named("run", fmt.Sprint(run)))...); err != nil {
				return nil, err
			}
		}
		for _, d := range slice {
			sessions += d.reached
		}
	}
	risks := map[string]risk{}
	parts := sessions/atOnce.left + 1
	for part := range parts {
		err := a.each(ctx, "counting", atRiskSQL, func(scan func(...any) error) error {
			var box string
			var r risk
			err := scan(&box, &r.messages, &r.depositors, &r.oldest)
			risks[box] = r
			return err
		}, named("run", fmt.Sprint(run)), named("parts", fmt.Sprint(parts)), named("part", fmt.Sprint(part)))
		if err != nil {
			return nil, err
		}
	}
	return risks, nil
}

// tellExposures stores from when to when each mailbox was exposed, for the question
// after what was left there, and returns the first and the last time of all.
func (a *Auditor) tellExposures(ctx context.Context, run uint64, all []Affected) (first, last time.Time, err error) {
	first, last = all[0].First, all[0].Last
	spans := map[string]Affected{}
	for _, x := range all {
		first, last = earlier(first, x.First), later(last, x.Last)
		if have, ok := spans[x.box]; ok {
			x.First, x.Last = earlier(x.First, have.First), later(x.Last, have.Last)
		}
		spans[x.box] = x
	}
	batch, err := a.Store.DB.PrepareBatch(ctx, `INSERT INTO exposed_rows (run, box, first, last)`)
	if err != nil {
		return first, last, err
	}
	defer batch.Abort()
	for box, x := range spans {
		if err := batch.Append(run, box, x.First, x.Last); err != nil {
			return first, last, err
		}
	}
	return first, last, batch.Send()
}

func (x *Affected) add(r risk, reaches map[string]reach, retention time.Duration) {
	for s := range x.systems {
		if reaches[s].first.After(x.First.Add(-retention)) {
			x.MessagesAtRisk.Floor, x.Depositors.Floor = true, true
		}
	}
	x.MessagesAtRisk.Max = max(r.messages, x.MessagesAtRisk.Min)
	x.Depositors.Min = min(1, x.MessagesAtRisk.Min)
	x.Depositors.Max = max(r.depositors, x.Depositors.Min)
	if r.messages > 0 {
		by := r.oldest.UTC().Add(retention)
		x.ListenBy = &by
	}
}
