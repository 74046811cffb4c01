package store

import (
	"context"
	"fmt"
	"time"
)

// seen knows which rows of a system are stored, day by day, so that a row is
// stored once whatever files bring it. A day's identities are read when its first
// row is met and kept while there is room: exports run forward in time.
type seen struct {
	store  *Store
	system string
	file   [32]byte
	days   map[int64]*seenDay
	gone   map[int64]bool // days that were forgotten for room
	held   int            // identities held, all days
	clock  int64
}

type seenDay struct {
	ids   map[[16]byte]struct{}
	own   map[[16]byte]struct{} // stored by an earlier, interrupted run over this file and not met yet
	touch int64
}

// seenRoom is how many identities are held before the day that was longest
// unused is forgotten: about 150 MB. A test makes it small.
var seenRoom = 4_000_000

type fate int

const (
	fresh     fate = iota // to be stored
	kept                  // stored by an earlier run over this file
	duplicate             // stored already
)

func newSeen(s *Store, system string, file [32]byte) *seen {
	return &seen{store: s, system: system, file: file, days: map[int64]*seenDay{}, gone: map[int64]bool{}}
}

// meet says what becomes of a row and remembers it as stored.
func (s *seen) meet(ctx context.Context, start time.Time, id [16]byte) (fate, error) {
	day, err := s.day(ctx, start)
	if err != nil {
		return fresh, err
	}
	if _, ok := day.own[id]; ok {
		delete(day.own, id)
		return kept, nil
	}
	if _, ok := day.ids[id]; ok {
		return duplicate, nil
	}
	day.ids[id] = struct{}{}
	s.held++
	return fresh, nil
}

func (s *seen) day(ctx context.Context, start time.Time) (*seenDay, error) {
	s.clock++
	n := dayNumber(start)
	day := s.days[n]
	if day == nil {
		var err error
		if day, err = s.load(ctx, n); err != nil {
			return nil, fmt.Errorf("reading which rows of %s are stored: %w", start.Format(time.DateOnly), err)
		}
		s.days[n] = day
		s.held += len(day.ids)
	}
	day.touch = s.clock
	return day, nil
}

func (s *seen) load(ctx context.Context, n int64) (*seenDay, error) {
	day := &seenDay{ids: map[[16]byte]struct{}{}, own: map[[16]byte]struct{}{}}
	rows, err := s.store.DB.Query(ctx, `SELECT id, file = unhex({file:String}) FROM records WHERE system = {system:String} AND day = toDate({day:Int32})`,
		named("system", s.system), named("file", fmt.Sprintf("%x", s.file)), named("day", fmt.Sprint(n)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var raw string
		var own uint8
		if err := rows.Scan(&raw, &own); err != nil {
			return nil, err
		}
		id := [16]byte([]byte(raw))
		day.ids[id] = struct{}{}
		if own == 1 && !s.gone[n] {
			day.own[id] = struct{}{}
		}
	}
	return day, rows.Err()
}

func (s *seen) full() bool { return s.held > seenRoom && len(s.days) > 1 }

// makeRoom forgets days. What was met must be stored by then, so that it is found
// when the day is read again.
func (s *seen) makeRoom() {
	for s.full() {
		var oldest int64
		var day *seenDay
		for n, d := range s.days {
			if day == nil || d.touch < day.touch {
				oldest, day = n, d
			}
		}
		s.held -= len(day.ids)
		delete(s.days, oldest)
		s.gone[oldest] = true
	}
}

// dayNumber is the UTC date as days since 1970-01-01, ClickHouse's Date.
func dayNumber(t time.Time) int64 { return t.Unix() / 86400 }
