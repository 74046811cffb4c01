package asterisktest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// parallel is how many calls there are at once.
const parallel = 8

// schedule hands out calls, never two at one mailbox; calls at one mailbox keep
// their order.
type schedule struct {
	mu      sync.Mutex
	changed *sync.Cond
	waiting map[string][]*planned // by mailbox
	busy    map[string]bool
}

func newSchedule(calls []*planned) *schedule {
	q := &schedule{waiting: map[string][]*planned{}, busy: map[string]bool{}}
	q.changed = sync.NewCond(&q.mu)
	for _, c := range calls {
		q.waiting[c.Mailbox] = append(q.waiting[c.Mailbox], c)
	}
	return q
}

// placeAll places calls, some at once.
func (s *session) placeAll(ctx context.Context, calls []*planned) error {
	q := newSchedule(calls)
	var g errgroup.Group
	for range parallel {
		g.Go(func() error {
			for c := q.take(); c != nil; c = q.take() {
				err := s.placeOne(ctx, c)
				q.release(c.Mailbox)
				if err != nil {
					return fmt.Errorf("%s at %s: %w", c.Kind, c.Dialled, err)
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// take is the next call, when its mailbox is free, or nil when none is left.
func (q *schedule) take() *planned {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) > 0 {
		if box := q.longest(); box != "" {
			c := q.waiting[box][0]
			if q.waiting[box] = q.waiting[box][1:]; len(q.waiting[box]) == 0 {
				delete(q.waiting, box)
			}
			q.busy[box] = true
			return c
		}
		q.changed.Wait()
	}
	return nil
}

// longest is the free mailbox whose calls will take the longest, or "".
func (q *schedule) longest() (longest string) {
	var most time.Duration
	for _, box := range boxes {
		var sum time.Duration
		for _, c := range q.waiting[box] {
			sum += c.does.length()
		}
		if sum > most && !q.busy[box] {
			most, longest = sum, box
		}
	}
	return longest
}

func (q *schedule) release(box string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.busy, box)
	q.changed.Broadcast()
}
