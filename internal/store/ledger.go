package store

import (
	"context"
	"fmt"
	"time"
)

// States of a ledger entry.
const (
	Running = "running" // begun; an import that was interrupted stays so until it is run again
	Done    = "done"
)

// Entry is the ledger's row of one file: what became of every row that was read.
// Read = Stored + Duplicate + Rejected + Skipped, always.
type Entry struct {
	System, Format, Zone string
	File                 [32]byte // SHA-256 of the content
	Name                 string
	Size                 uint64 // bytes
	State                string
	Started, Updated     time.Time

	Read      uint64 // rows met in the file
	Stored    uint64 // rows of the database that this file brought first
	Duplicate uint64 // rows that were there already, from this file or another
	Rejected  uint64 // lines that could not be read; kept sealed
	Skipped   uint64 // lines that are no rows: header, blank

	Again bool // the file was imported before: nothing was read; not stored
}

func (e Entry) adds() error {
	if e.Read != e.Stored+e.Duplicate+e.Rejected+e.Skipped {
		return fmt.Errorf("ledger of %q does not add up: %d read, %d stored + %d duplicate + %d rejected + %d skipped: please report this", e.Name, e.Read, e.Stored, e.Duplicate, e.Rejected, e.Skipped)
	}
	return nil
}

func (s *Store) writeEntry(ctx context.Context, e *Entry) error {
	if err := e.adds(); err != nil {
		return err
	}
	e.Updated = Later(e.Updated)
	batch, err := s.DB.PrepareBatch(ctx, `INSERT INTO imports (system, file, name, size, format, zone, key_id, state, started, updated, read, stored, duplicate, rejected, skipped)`)
	if err != nil {
		return fmt.Errorf("writing the ledger: %w", err)
	}
	defer batch.Abort()
	if err := batch.Append(e.System, string(e.File[:]), e.Name, e.Size, e.Format, e.Zone, s.Key.ID(), e.State, e.Started, e.Updated, e.Read, e.Stored, e.Duplicate, e.Rejected, e.Skipped); err != nil {
		return err
	}
	return batch.Send()
}

// Ledger returns the entry of every file, oldest first.
func (s *Store) Ledger(ctx context.Context) ([]Entry, error) {
	rows, err := s.DB.Query(ctx, `SELECT system, file, name, size, format, zone, state, started, updated, read, stored, duplicate, rejected, skipped FROM imports FINAL ORDER BY started, name`)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	defer rows.Close()
	var all []Entry
	for rows.Next() {
		var e Entry
		var file string
		if err := rows.Scan(&e.System, &file, &e.Name, &e.Size, &e.Format, &e.Zone, &e.State, &e.Started, &e.Updated, &e.Read, &e.Stored, &e.Duplicate, &e.Rejected, &e.Skipped); err != nil {
			return nil, err
		}
		copy(e.File[:], file)
		all = append(all, e)
	}
	return all, rows.Err()
}

// entry returns the ledger's entry of a file, or nil. It refuses a zone that is
// not the one of the system's other files with a [ZoneError].
func (s *Store) entry(ctx context.Context, job Job, file [32]byte) (found *Entry, err error) {
	all, err := s.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	for i, e := range all {
		if e.System != job.System || e.Format != job.Format.Name {
			continue
		}
		if job.Zone != nil && e.Zone != "" && e.Zone != job.Zone.String() && e.Stored > 0 {
			return nil, &ZoneError{job.System, e.Zone, job.Zone.String()}
		}
		if e.File == file {
			found = &all[i]
		}
	}
	return found, nil
}

// Reject is a line that could not be read, as it may be shown: the line itself
// is sealed with the deployment key.
type Reject struct {
	System, Name, Format string
	Line                 uint32
	Reason, Preview      string
}

// Rejects returns the lines that could not be read, by file and line.
func (s *Store) Rejects(ctx context.Context) ([]Reject, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT r.system, i.name, r.format, r.line, r.reason, r.preview
		FROM rejects AS r FINAL
		LEFT ANY JOIN (SELECT system, file, format, name FROM imports FINAL) AS i
			ON i.system = r.system AND i.file = r.file AND i.format = r.format
		ORDER BY i.name, r.line`)
	if err != nil {
		return nil, fmt.Errorf("reading the rejects: %w", err)
	}
	defer rows.Close()
	var all []Reject
	for rows.Next() {
		var r Reject
		if err := rows.Scan(&r.System, &r.Name, &r.Format, &r.Line, &r.Reason, &r.Preview); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}
