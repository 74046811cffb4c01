package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"vmaudit/cdr"
	"vmaudit/internal/clickhouse"
	"vmaudit/internal/number"
)

// Source is one file to be imported. It is read twice, for its SHA-256 and for
// its rows, and no further than its size when it was opened: a file may grow. One
// that is overwritten or cut off meanwhile is an error, and nothing that was not
// there at first is stored.
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
	// Waiting is told once when another import holds the database; may be nil.
	Waiting func()
}

// Progress of one import.
type Progress struct {
	Bytes, Size int64 // read so far, of how many
	Entry       Entry
}

const defaultBatch = 65_536

// ZoneError refuses a zone that is not the one in which the system's files were
// imported so far: rows that are there already would keep the other zone's times.
type ZoneError struct {
	System, Have, Want string
}

func (e *ZoneError) Error() string {
	return fmt.Sprintf("files of system %q were imported in zone %q until now, not %q: rows are never changed; give the same zone, or import all into a new database (--db)", e.System, e.Have, e.Want)
}

// Import stores one file and returns its ledger entry. A file that is in the
// ledger as done is not read again: the entry then says Again. An import that was
// cut off, wherever, is run again over the same file and ends with the same rows
// as one that was not.
//
// Imports into one embedded database wait for each other.
func (s *Store) Import(ctx context.Context, src Source, job Job) (Entry, error) {
	unlock, err := s.TakeTurn(ctx, "import.lock", job.Waiting)
	if err != nil {
		return Entry{}, err
	}
	defer unlock()
	snap, err := takeSnapshot(src.File)
	if err != nil {
		return Entry{}, fmt.Errorf("reading %q: %w", src.Name, err)
	}
	old, err := s.entry(ctx, job, snap.sum)
	if err != nil {
		return Entry{}, err
	}
	if old != nil && old.State == Done {
		old.Again = true
		return *old, nil
	}
	entry := Entry{System: job.System, Format: job.Format.Name, File: snap.sum, Name: src.Name, Size: uint64(snap.size), State: Running, Started: time.Now().UTC()}
	if job.Zone != nil {
		entry.Zone = job.Zone.String()
	}
	if old != nil {
		entry.Started, entry.Updated = old.Started, old.Updated
	}
	run := &importRun{store: s, job: job, entry: entry, size: snap.size, used: make(chan []cdr.Record, 2)}
	for range maxPasses {
		err = run.pass(ctx, src.File, snap)
		if !errors.Is(err, errMissing) && !errors.Is(err, clickhouse.ErrEngineLost) {
			break
		}
	}
	if err != nil {
		run.leave(ctx)
	}
	return run.entry, err
}

// maxPasses bounds how often a file is read until all its rows are stored: the
// engine may be lost, and may have noted an insert as done that is not.
const maxPasses = 3

// leave writes how far an import came that ends early. Where that cannot be
// written, the entry says less: the import is run again in any case.
func (r *importRun) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = r.store.writeEntry(ctx, &r.entry)
}

// TakeTurn makes the processes that work on one embedded database take turns,
// those that name the same lock; the kernel ends the turn of one that is killed.
// It calls waiting once, which may be nil, when it is another's turn. A server has
// no such lock: there two importers of the same rows at once would both count them
// as stored.
func (s *Store) TakeTurn(ctx context.Context, name string, waiting func()) (end func(), err error) {
	if s.DB.Dir() == "" {
		return func() {}, nil
	}
	lock := flock.New(filepath.Join(s.DB.Dir(), name), flock.SetPermissions(0o600))
	free, err := lock.TryLock()
	if err == nil && !free {
		if waiting != nil {
			waiting()
		}
		_, err = lock.TryLockContext(ctx, 50*time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("taking turns in %q: %w", s.DB.Dir(), err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// settle waits until the engine is done with what an importer that was killed, or a
// pass that ended early, asked of it: that may still be stored, and what is stored
// decides what is new. Whose turn it is has no other insert under way.
func (s *Store) settle(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for s.DB.Dir() != "" && ctx.Err() == nil {
		// An engine that does not tell is ended and replaced by the next request.
		health, err := clickhouse.EngineHealth(ctx, s.DB.Dir())
		if err != nil || !slices.ContainsFunc(health.Queries, insertsRecords) {
			return
		}
		<-tick.C
	}
}

func insertsRecords(q clickhouse.Running) bool {
	return strings.HasPrefix(q.SQL, "INSERT INTO records")
}

// importRun is the import of one file.
type importRun struct {
	store *Store
	job   Job
	entry Entry
	seen  *seen
	size  int64
	days  map[int64]struct{} // that the file has rows of
	used  chan []cdr.Record  // room of batches that are done
}

// pass reads the file from its beginning and stores what is new.
func (r *importRun) pass(ctx context.Context, file io.ReadSeeker, snap *snapshot) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r.store.settle(ctx)
	e := &r.entry
	e.State, e.Read, e.Stored, e.Duplicate, e.Rejected, e.Skipped = Running, 0, 0, 0, 0, 0
	r.seen, r.days = newSeen(r.store, r.job.System, e.File), map[int64]struct{}{}
	if err := r.store.writeEntry(ctx, e); err != nil {
		return err
	}
	if err := r.stages(ctx, snap.reader(file)); err != nil {
		return err
	}
	if err := r.verify(ctx); err != nil {
		return err
	}
	e.State = Done
	return r.store.writeEntry(ctx, e)
}

// stages runs three of them side by side, each one batch ahead of the next: parsing,
// deciding what is new and encoding that, storing. The ledger counts a batch when it is stored.
func (r *importRun) stages(ctx context.Context, file io.Reader) error {
	group, running := errgroup.WithContext(ctx)
	parsed, sorted := make(chan *parsedBatch, 1), make(chan *sortedBatch)
	group.Go(func() error {
		defer close(parsed)
		return r.parse(running, file, parsed)
	})
	group.Go(func() error {
		defer close(sorted)
		return r.sort(running, parsed, sorted)
	})
	group.Go(func() error { return r.keepAll(running, sorted) })
	return group.Wait()
}

// sortedBatch is a batch of which is known what is new.
type sortedBatch struct {
	*parsedBatch
	insert            driver.Batch // of the fresh rows; nil when there are none
	stored, duplicate uint64
	days              map[int64]struct{}
	done              chan struct{} // closed when it is stored
}

// sort decides which rows are new. Days are forgotten only when all that was met
// is stored, so that it is found when they are read again.
func (r *importRun) sort(ctx context.Context, in <-chan *parsedBatch, out chan<- *sortedBatch) error {
	var last *sortedBatch
	for parsed := range in {
		if last != nil && r.seen.full() {
			select {
			case <-last.done:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			r.seen.makeRoom()
		}
		batch, err := r.sortBatch(ctx, parsed)
		if err != nil {
			return err
		}
		select {
		case out <- batch:
			last = batch
		case <-ctx.Done():
			if batch.insert != nil {
				_ = batch.insert.Abort() // nothing was sent
			}
			return context.Cause(ctx)
		}
	}
	return nil
}

func (r *importRun) sortBatch(ctx context.Context, parsed *parsedBatch) (*sortedBatch, error) {
	rows := newColumns(len(parsed.records))
	b := &sortedBatch{parsedBatch: parsed, days: map[int64]struct{}{}, done: make(chan struct{})}
	for i := range parsed.records {
		rec := &parsed.records[i]
		fate, err := r.seen.meet(ctx, rec.Start, rec.ID)
		if err != nil {
			return nil, err
		}
		b.days[dayNumber(rec.Start)] = struct{}{}
		switch fate {
		case fresh:
			rows.add(rec)
			b.stored++
		case kept:
			b.stored++
		case duplicate:
			b.duplicate++
		}
	}
	select {
	case r.used <- parsed.records:
	default:
	}
	parsed.records = nil
	var err error
	b.insert, err = r.store.prepareRecords(ctx, &r.entry, rows)
	return b, err
}

// ledgerPause is how often the ledger of a running import is written.
const ledgerPause = 2 * time.Second

func (r *importRun) keepAll(ctx context.Context, in <-chan *sortedBatch) error {
	written := time.Now()
	for batch := range in {
		if err := r.keep(ctx, batch); err != nil {
			return err
		}
		close(batch.done)
		if r.job.Progress != nil {
			r.job.Progress(Progress{Bytes: batch.offset, Size: r.size, Entry: r.entry})
		}
		if time.Since(written) > ledgerPause {
			written = time.Now()
			if err := r.store.writeEntry(ctx, &r.entry); err != nil {
				return err
			}
		}
	}
	return context.Cause(ctx)
}

// keep stores one batch: its fresh rows, its rejects.
func (r *importRun) keep(ctx context.Context, b *sortedBatch) error {
	if b.insert != nil {
		if err := b.insert.Send(); err != nil {
			return fmt.Errorf("storing rows of %q: %w", r.entry.Name, err)
		}
	}
	if err := r.store.insertRejects(ctx, &r.entry, b.rejects); err != nil {
		return err
	}
	rejected := uint64(len(b.rejects))
	r.entry.Stored += b.stored
	r.entry.Duplicate += b.duplicate
	r.entry.Rejected += rejected
	r.entry.Skipped += b.skipped
	r.entry.Read += b.stored + b.duplicate + rejected + b.skipped
	maps.Copy(r.days, b.days)
	return nil
}

// errMissing says that the database does not hold what it said was stored.
var errMissing = errors.New("please report this; running the import again is safe")

// verify counts what the database holds of the file: the ledger is a promise.
func (r *importRun) verify(ctx context.Context) error {
	days := make([]int32, 0, len(r.days))
	for d := range r.days {
		days = append(days, int32(d))
	}
	var stored, rejected uint64
	err := r.store.DB.QueryRow(ctx, `SELECT
			(SELECT count() FROM records WHERE system = {system:String} AND day IN (SELECT toDate(arrayJoin({days:Array(Int32)}))) AND file = unhex({file:String})),
			(SELECT uniqExact(line) FROM rejects WHERE system = {system:String} AND file = unhex({file:String}) AND format = {format:String})`,
		named("system", r.job.System), named("days", days), named("file", fmt.Sprintf("%x", r.entry.File)), named("format", r.entry.Format)).Scan(&stored, &rejected)
	if err != nil {
		return fmt.Errorf("counting the stored rows of %q: %w", r.entry.Name, err)
	}
	// An older program may have rejected more.
	if stored != r.entry.Stored || rejected < r.entry.Rejected {
		return fmt.Errorf("%q: %d rows and %d rejects should be stored, and %d and %d are: %w", r.entry.Name, r.entry.Stored, r.entry.Rejected, stored, rejected, errMissing)
	}
	return nil
}
