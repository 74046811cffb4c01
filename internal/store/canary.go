package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Canary is an identity that was minted, and what is told of its planting.
type Canary struct {
	ID      string // 12 hexadecimal digits
	Mailbox string
	Change  string // id of the change that it is to watch
	Caller  string // the number it is left from, an extension or a token; empty: not told
	Class   string // of Caller, as package number has it
	By      string // who plants it
	At      time.Time
	Minted  time.Time
}

// CanaryExistsError says that an identity was minted before.
type CanaryExistsError struct{ ID string }

func (e *CanaryExistsError) Error() string {
	return fmt.Sprintf("canary %q was minted before: each identity is planted once", e.ID)
}

// AddCanary writes c. It refuses an identity that is there already with a
// [CanaryExistsError], and a change that is not known with an [UnknownChangeError].
func (s *Store) AddCanary(ctx context.Context, c Canary) error {
	if _, err := s.Change(ctx, c.Change); err != nil {
		return err
	}
	have, err := s.Canaries(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(have, func(h Canary) bool { return h.ID == c.ID }) {
		return &CanaryExistsError{c.ID}
	}
	batch, err := s.DB.PrepareBatch(ctx, `INSERT INTO canaries (id, mailbox, change, caller, class, by, at, minted)`)
	if err != nil {
		return err
	}
	defer batch.Abort()
	if err := batch.Append(c.ID, c.Mailbox, c.Change, c.Caller, c.Class, c.By, c.At.UTC(), Later(time.Time{})); err != nil {
		return err
	}
	return batch.Send()
}

// Canaries returns all that were minted, by mailbox and time.
func (s *Store) Canaries(ctx context.Context) (all []Canary, err error) {
	rows, err := s.DB.Query(ctx, `SELECT id, mailbox, change, caller, class, by, at, minted FROM canaries FINAL ORDER BY mailbox, at, id`)
	if err != nil {
		return nil, fmt.Errorf("reading canaries: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c Canary
		if err := rows.Scan(&c.ID, &c.Mailbox, &c.Change, &c.Caller, &c.Class, &c.By, &c.At, &c.Minted); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}
