package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"vmaudit/cdr"
	"vmaudit/internal/number"
)

// Source is one file to be imported. It is read twice, for its SHA-256 and for
// its rows, and no further than its size when it was opened: a file may grow.
type Source struct {
	Name string
	File *os.File
}

// Job says how a source is read.
type Job struct {
	System  string         // the phone system that wrote it
	Format  *cdr.Format    // its profile
	Zone    *time.Location // of its local times; nil: it must have none
	Numbers *number.Normaliser
	// Batch is the number of rows per insert; default 65,536.
	Batch int
	// Progress is told after every batch; may be nil.
	Progress func(Progress)
}

// Progress of one import.
type Progress struct {
	Bytes, Size int64 // read so far, of how many
	Entry       Entry
}

const defaultBatch = 65_536

// Import stores one file and returns its ledger entry. A file that is in the
// ledger as done is not read again. An import that was cut off, wherever, is run
// again over the same file and ends with the same rows as one that was not.
//
// Imports into one embedded database wait for each other.
func (s *Store) Import(ctx context.Context, src Source, job Job) (Entry, error) {
	unlock, err := s.lockImports(ctx)
	if err != nil {
		return Entry{}, err
	}
	defer unlock()
	sum, size, err := hash(src.File)
	if err != nil {
		return Entry{}, fmt.Errorf("reading %q: %w", src.Name, err)
	}
	old, err := s.entry(ctx, job.System, job.Format.Name, sum)
	if err != nil {
		return Entry{}, err
	}
	if old != nil && old.State == Done {
		return *old, nil
	}
	entry := Entry{System: job.System, Format: job.Format.Name, File: sum, Name: src.Name, Size: uint64(size), State: Running, Started: time.Now().UTC()}
	if job.Zone != nil {
		entry.Zone = job.Zone.String()
	}
	if old != nil {
		entry.Started, entry.Updated = old.Started, old.Updated
	}
	run := &importRun{store: s, job: job, entry: entry, seen: newSeen(s, job.System, sum), size: size}
	if err := run.do(ctx, io.LimitReader(src.File, size)); err != nil {
		return run.entry, err
	}
	return run.entry, nil
}

// lockImports makes importers of one embedded database take turns: each decides
// by what is stored which rows are new. A server has no such lock; there two
// importers of the same rows at once would both count them as stored.
func (s *Store) lockImports(ctx context.Context) (func(), error) {
	if s.DB.Dir() == "" {
		return func() {}, nil
	}
	lock := flock.New(filepath.Join(s.DB.Dir(), "import.lock"), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return nil, fmt.Errorf("waiting for another import into %q: %w", s.DB.Dir(), err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// hash reads the file once and rewinds it.
func hash(f *os.File) (sum [32]byte, size int64, err error) {
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return sum, 0, err
	}
	_, err = f.Seek(0, io.SeekStart)
	return [32]byte(h.Sum(nil)), size, err
}

// importRun is one pass over one file.
type importRun struct {
	store *Store
	job   Job
	entry Entry
	seen  *seen
	size  int64
	days  map[int64]struct{} // that the file has rows of
}

// do reads and stores side by side: while one batch is stored the next is parsed.
func (r *importRun) do(ctx context.Context, file io.Reader) error {
	r.days = map[int64]struct{}{}
	if err := r.store.writeEntry(ctx, &r.entry); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	parsed := make(chan *parsedBatch, 1)
	go func() {
		defer close(parsed)
		if err := r.parse(ctx, file, parsed); err != nil {
			stop(err)
		}
	}()
	last := time.Now()
	for batch := range parsed {
		if err := r.keep(ctx, batch); err != nil {
			stop(err)
			for range parsed { // let the parser end
			}
			return cause(ctx, err)
		}
		if r.job.Progress != nil {
			r.job.Progress(Progress{Bytes: batch.offset, Size: r.size, Entry: r.entry})
		}
		if time.Since(last) > 2*time.Second {
			last = time.Now()
			if err := r.store.writeEntry(ctx, &r.entry); err != nil {
				return err
			}
		}
	}
	if err := context.Cause(ctx); err != nil {
		return cause(ctx, err)
	}
	if err := r.verify(ctx); err != nil {
		return err
	}
	r.entry.State = Done
	return r.store.writeEntry(ctx, &r.entry)
}

// cause prefers the reason why ctx ended to the error that followed from it.
func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil && !errors.Is(c, context.Canceled) {
		return c
	}
	return err
}

// keep stores one batch: its fresh rows, its rejects.
func (r *importRun) keep(ctx context.Context, batch *parsedBatch) error {
	var n struct{ stored, duplicate uint64 }
	var rows columns
	for i := range batch.records {
		rec := &batch.records[i]
		fate, err := r.seen.meet(ctx, rec.Start, rec.ID)
		if err != nil {
			return err
		}
		r.days[dayNumber(rec.Start)] = struct{}{}
		switch fate {
		case fresh:
			rows.add(rec)
			n.stored++
		case kept:
			n.stored++
		case duplicate:
			n.duplicate++
		}
	}
	if err := r.store.insertRecords(ctx, &r.entry, &rows); err != nil {
		return err
	}
	if err := r.store.insertRejects(ctx, &r.entry, batch.rejects); err != nil {
		return err
	}
	r.entry.Stored += n.stored
	r.entry.Duplicate += n.duplicate
	r.entry.Rejected += uint64(len(batch.rejects))
	r.entry.Skipped += batch.skipped
	r.entry.Read += n.stored + n.duplicate + uint64(len(batch.rejects)) + batch.skipped
	r.seen.makeRoom()
	return nil
}

// verify counts what the database holds of the file: the ledger is a promise.
func (r *importRun) verify(ctx context.Context) error {
	days := make([]int32, 0, len(r.days))
	for d := range r.days {
		days = append(days, int32(d))
	}
	var stored uint64
	err := r.store.DB.QueryRow(ctx, `SELECT count() FROM records WHERE system = {system:String} AND day IN (SELECT toDate(arrayJoin({days:Array(Int32)}))) AND file = unhex({file:String})`,
		named("system", r.job.System), named("days", days), named("file", fmt.Sprintf("%x", r.entry.File))).Scan(&stored)
	if err != nil {
		return fmt.Errorf("counting the stored rows of %q: %w", r.entry.Name, err)
	}
	if stored != r.entry.Stored {
		return fmt.Errorf("%q: %d rows should be stored and %d are: please report this; running the import again is safe", r.entry.Name, r.entry.Stored, stored)
	}
	return nil
}
