package analysis

import (
	"context"
	"fmt"
	"time"
)

// Questions that go through all records are asked in slices, so that others who
// use the engine are served in between: no statement should take it longer than
// half a second. A slice is a run of days, or a range of the calls of one day.
type sliceSizes struct {
	derived  uint64 // records
	situated uint64 // sessions
	judged   uint64 // situations
	read     uint64 // verdicts
	left     uint64 // messages that may have been left
	counted  uint64 // records
}

var atOnce = sliceSizes{derived: 250_000, situated: 120_000, judged: 120_000, read: 300_000, left: 2_000_000, counted: 5_000_000}

// runs cuts days, in order, into runs of neighbours of one system with no more
// than limit together, or of one day with more.
func runs(days []day, limit uint64, weight func(day) uint64) (all [][]day) {
	var sum uint64
	for i, d := range days {
		next := i > 0 && d.system == days[i-1].system && d.date.Sub(days[i-1].date) == 24*time.Hour
		if !next || sum+weight(d) > limit {
			all, sum = append(all, nil), 0
		}
		last := len(all) - 1
		all[last] = append(all[last], d)
		sum += weight(d)
	}
	return all
}

// spanArgs are a run of days as query parameters.
func spanArgs(slice []day) []any {
	return []any{
		named("system", slice[0].system),
		named("first", slice[0].date.Format(time.DateOnly)), named("last", slice[len(slice)-1].date.Format(time.DateOnly)),
	}
}

// callRange is the calls from low to before high; "" is no bound. Ranges share
// all calls among them, whatever their bounds: where these lie is a question of
// size only.
type callRange struct{ low, high string }

func (r callRange) args() []any { return []any{named("low", r.low), named("high", r.high)} }

// sessionRanges cuts the calls of a day by its sessions.
func (a *Auditor) sessionRanges(ctx context.Context, slice []day) ([]callRange, error) {
	if len(slice) > 1 || slice[0].reached <= atOnce.situated {
		return []callRange{{}}, nil
	}
	share := slice[0].records * atOnce.situated / slice[0].reached
	return a.callRanges(ctx, slice, max(1, share))
}

// sampled is how many calls are looked at per range to find its bounds.
const sampled = 64

// callRanges cuts the calls of a day with more than limit records into ranges of
// about so many; a run of several days is small enough.
func (a *Auditor) callRanges(ctx context.Context, slice []day, limit uint64) ([]callRange, error) {
	parts := (slice[0].records + limit - 1) / limit
	if len(slice) > 1 || parts < 2 {
		return []callRange{{}}, nil
	}
	var sample []string
	err := a.each(ctx, "sampling calls", `
		SELECT call FROM records
		WHERE system = {system:String} AND day = {first:Date} AND kind != 'message' AND cityHash64(call) % {every:UInt64} = 0
		ORDER BY call`,
		func(scan func(...any) error) error {
			var call string
			err := scan(&call)
			sample = append(sample, call)
			return err
		}, append(spanArgs(slice), named("every", fmt.Sprint(max(1, slice[0].records/(parts*sampled)))))...)
	return between(sample, int(parts)), err
}

// between makes ranges of a sorted sample.
func between(sample []string, parts int) []callRange {
	ranges := []callRange{{}}
	for i := 1; i < parts; i++ {
		bound := ""
		if at := i * len(sample) / parts; at < len(sample) {
			bound = sample[at]
		}
		if last := &ranges[len(ranges)-1]; bound > last.low {
			last.high = bound
			ranges = append(ranges, callRange{low: bound})
		}
	}
	return ranges
}

// idRange is the situations with ids from low to high, both in it, in hexadecimal.
type idRange struct{ low, high string }

// idRanges cuts n situations into ranges of about limit. Ids are hashes.
func idRanges(n, limit uint64) (all []idRange) {
	parts := min(n/limit+1, 256)
	for i := range parts {
		first, last := i*256/parts, (i+1)*256/parts-1
		all = append(all, idRange{fmt.Sprintf("%02x%030x", first, 0), fmt.Sprintf("%02x%s", last, "ffffffffffffffffffffffffffffff")})
	}
	return all
}
