package store

import (
	"context"
	"fmt"
	"time"
)

// Change is a vendor's or telco's change and the window in which sessions count.
type Change struct {
	ID     string
	Vendor string
	From   time.Time // start of the exposure window, inclusive
	To     time.Time // its end, exclusive; zero: still open
	// Basis says how the window is known: "stated" as given with the change.
	Basis      string
	Extensions []string // the vendor's list; see Listed
	Listed     bool     // a list was given, be it an empty one
	Servers    []string // those that were changed, as records name them; none: not told
	Added      time.Time
}

// Open reports whether the window has no end yet.
func (c Change) Open() bool { return c.To.IsZero() }

// ChangeExistsError says that a change of this id is there already.
type ChangeExistsError struct{ ID string }

func (e *ChangeExistsError) Error() string {
	return fmt.Sprintf("change %q exists: a window is evidence and is not overwritten; choose another id, or say --replace", e.ID)
}

// UnknownChangeError says that no change of this id was added.
type UnknownChangeError struct{ ID string }

func (e *UnknownChangeError) Error() string {
	return fmt.Sprintf("change %q is not known: add it with vmaudit change add, or see vmaudit change list", e.ID)
}

// AddChange writes c. Without replace an id that is there already is refused
// with a [ChangeExistsError].
func (s *Store) AddChange(ctx context.Context, c Change, replace bool) error {
	if c.ID == "" {
		return fmt.Errorf("a change needs an id")
	}
	if !c.Open() && !c.From.Before(c.To) {
		return fmt.Errorf("change %q: the window ends at %s, not after its start at %s", c.ID, c.To.Format(time.RFC3339), c.From.Format(time.RFC3339))
	}
	changes, err := s.Changes(ctx)
	if err != nil {
		return err
	}
	var added time.Time
	for _, have := range changes {
		if have.ID == c.ID && !replace {
			return &ChangeExistsError{c.ID}
		}
		if have.ID == c.ID {
			added = have.Added
		}
	}
	batch, err := s.DB.PrepareBatch(ctx, `INSERT INTO changes (id, vendor, from, to, basis, extensions, listed, servers, added)`)
	if err != nil {
		return err
	}
	defer batch.Abort()
	if err := batch.Append(c.ID, c.Vendor, c.From, Epoch(c.To), c.Basis, c.Extensions, c.Listed, c.Servers, Later(added)); err != nil {
		return err
	}
	return batch.Send()
}

// Changes returns all changes, by id.
func (s *Store) Changes(ctx context.Context) ([]Change, error) {
	rows, err := s.DB.Query(ctx, `SELECT id, vendor, from, to, basis, extensions, listed, servers, added FROM changes FINAL ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("reading changes: %w", err)
	}
	defer rows.Close()
	var all []Change
	for rows.Next() {
		var c Change
		if err := rows.Scan(&c.ID, &c.Vendor, &c.From, &c.To, &c.Basis, &c.Extensions, &c.Listed, &c.Servers, &c.Added); err != nil {
			return nil, err
		}
		if c.To.Unix() == 0 {
			c.To = time.Time{}
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// Change returns the change of that id, or an [UnknownChangeError].
func (s *Store) Change(ctx context.Context, id string) (Change, error) {
	all, err := s.Changes(ctx)
	if err != nil {
		return Change{}, err
	}
	for _, c := range all {
		if c.ID == id {
			return c, nil
		}
	}
	return Change{}, &UnknownChangeError{id}
}

// Epoch is how a table says "none": the zero time does not fit a DateTime64.
func Epoch(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return t.UTC()
}

// Later is now, or just after have when a clock was set back: of two rows of one
// key the later one counts.
func Later(have time.Time) time.Time {
	now := time.Now().UTC().Truncate(time.Millisecond)
	if !now.After(have) {
		now = have.Add(time.Millisecond)
	}
	return now
}
