package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"vmaudit/cdr"
)

// named is a server-side query parameter, written {name:Type} in the SQL.
func named(name string, value any) driver.NamedValue {
	return chgo.Named(name, value)
}

// parsedBatch is what the parser hands over at once.
type parsedBatch struct {
	records []cdr.Record
	rejects []cdr.Reject
	skipped uint64
	offset  int64 // bytes read so far
}

func (b *parsedBatch) rows() int { return len(b.records) + len(b.rejects) }

// parse turns the file into batches until it ends or ctx does.
func (r *importRun) parse(ctx context.Context, file io.Reader, out chan<- *parsedBatch) error {
	size := r.job.Batch
	if size == 0 {
		size = defaultBatch
	}
	reader := cdr.NewReader(file, r.job.Format, cdr.ReaderOptions{Name: r.entry.Name, Zone: r.job.Zone, Numbers: r.job.Numbers})
	batch := &parsedBatch{records: r.room(size)}
	var skipped uint64
	send := func() error {
		now := uint64(reader.Counts().Skipped)
		batch.skipped, skipped = now-skipped, now
		batch.offset = reader.Offset()
		select {
		case out <- batch:
			batch = &parsedBatch{records: r.room(size)}
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for reader.Scan() {
		if bad := reader.Reject(); bad != nil {
			batch.rejects = append(batch.rejects, *bad)
		} else {
			batch.records = append(batch.records, *reader.Record())
		}
		if batch.rows() >= size {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if err := reader.Err(); err != nil {
		return err // names file and line
	}
	return send()
}

// room is a slice that an earlier batch no longer needs, or a new one.
func (r *importRun) room(size int) []cdr.Record {
	select {
	case used := <-r.used:
		return used[:0]
	default:
		return make([]cdr.Record, 0, size)
	}
}

// columns are the rows of one insert, column by column.
type columns struct {
	call, id, kind, event, leg, channel        []string
	line                                       []uint32
	start, answer, end                         []time.Time
	ambiguous, answered, partner, sounding     []bool
	undiverted                                 []bool
	caller, callerClass, dialled, dialledClass []string
	diverting, divertingClass                  []string
	app, action, mailbox, folder, auth, grade  []string
	cause, server                              []string
	messages                                   [][]string
}

// newColumns has room for n rows.
func newColumns(n int) *columns {
	c := &columns{line: make([]uint32, 0, n), messages: make([][]string, 0, n)}
	for _, column := range []*[]string{&c.call, &c.id, &c.kind, &c.event, &c.leg, &c.channel, &c.caller, &c.callerClass, &c.dialled, &c.dialledClass,
		&c.diverting, &c.divertingClass, &c.app, &c.action, &c.mailbox, &c.folder, &c.auth, &c.grade, &c.cause, &c.server} {
		*column = make([]string, 0, n)
	}
	for _, column := range []*[]time.Time{&c.start, &c.answer, &c.end} {
		*column = make([]time.Time, 0, n)
	}
	for _, column := range []*[]bool{&c.ambiguous, &c.answered, &c.partner, &c.sounding, &c.undiverted} {
		*column = make([]bool, 0, n)
	}
	return c
}

func (c *columns) add(r *cdr.Record) {
	c.call = append(c.call, r.Call)
	c.id = append(c.id, string(r.ID[:]))
	c.kind = append(c.kind, string(r.Kind))
	c.event = append(c.event, r.Event)
	c.leg = append(c.leg, r.Leg)
	c.channel = append(c.channel, r.Channel)
	c.line = append(c.line, uint32(r.Line))
	c.start = append(c.start, r.Start)
	c.answer = append(c.answer, Epoch(r.Answer))
	c.end = append(c.end, Epoch(r.End))
	c.ambiguous = append(c.ambiguous, r.Ambiguous)
	c.undiverted = append(c.undiverted, r.Undiverted)
	c.answered = append(c.answered, r.Answered)
	c.partner = append(c.partner, r.Partner)
	c.caller = append(c.caller, r.Caller.ID)
	c.callerClass = append(c.callerClass, string(r.Caller.Class))
	c.dialled = append(c.dialled, r.Dialled.ID)
	c.dialledClass = append(c.dialledClass, string(r.Dialled.Class))
	c.diverting = append(c.diverting, r.Diverting.ID)
	c.divertingClass = append(c.divertingClass, string(r.Diverting.Class))
	c.app = append(c.app, r.App)
	c.action = append(c.action, string(r.Action))
	c.mailbox = append(c.mailbox, r.Mailbox)
	c.folder = append(c.folder, r.Folder)
	c.messages = append(c.messages, r.Messages)
	c.sounding = append(c.sounding, r.Sounding)
	c.auth = append(c.auth, string(r.Auth))
	c.grade = append(c.grade, string(r.Grade))
	c.cause = append(c.cause, r.Cause)
	c.server = append(c.server, r.Server)
}

// prepareRecords encodes the rows as one insert, which the door may send again
// without storing them twice. Nothing is stored before Send; nil for no rows.
func (s *Store) prepareRecords(ctx context.Context, e *Entry, c *columns) (driver.Batch, error) {
	n := len(c.id)
	if n == 0 {
		return nil, nil
	}
	batch, err := s.DB.PrepareBatch(once(ctx), `INSERT INTO records (system, file, format, call, id, line, kind, event, leg, channel, start, answer, end, ambiguous, caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted, answered, partner, app, action, mailbox, folder, messages, sounding, auth, grade, cause, server)`)
	if err != nil {
		return nil, fmt.Errorf("storing rows of %q: %w", e.Name, err)
	}
	columns := []any{
		repeat(e.System, n), repeat(string(e.File[:]), n), repeat(e.Format, n),
		c.call, c.id, c.line, c.kind, c.event, c.leg, c.channel, c.start, c.answer, c.end, c.ambiguous,
		c.caller, c.callerClass, c.dialled, c.dialledClass, c.diverting, c.divertingClass,
		c.undiverted, c.answered, c.partner, c.app, c.action, c.mailbox, c.folder, c.messages, c.sounding, c.auth, c.grade, c.cause, c.server,
	}
	for i, column := range columns {
		if err := batch.Column(i).Append(column); err != nil {
			_ = batch.Abort() // the first error counts
			return nil, fmt.Errorf("storing rows of %q, column %d: %w", e.Name, i, err)
		}
	}
	return batch, nil
}

// insertRejects keeps the lines that could not be read, sealed.
func (s *Store) insertRejects(ctx context.Context, e *Entry, rejects []cdr.Reject) error {
	if len(rejects) == 0 {
		return nil
	}
	batch, err := s.DB.PrepareBatch(once(ctx), `INSERT INTO rejects (system, file, line, format, reason, preview, sealed, at)`)
	if err != nil {
		return fmt.Errorf("keeping rejects of %q: %w", e.Name, err)
	}
	defer batch.Abort()
	for _, r := range rejects {
		if err := batch.Append(e.System, string(e.File[:]), uint32(r.Line), e.Format, r.Reason, r.Preview, string(s.Key.Seal(r.Raw)), time.Now()); err != nil {
			return fmt.Errorf("keeping line %d of %q: %w", r.Line, e.Name, err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("keeping rejects of %q: %w", e.Name, err)
	}
	return nil
}

// once marks an insert so that it is stored once however often it is sent: the
// token is of this attempt, never of the content, because a run that goes on
// after a cut sends other batches of the same file.
func once(ctx context.Context) context.Context {
	return chgo.Context(ctx, chgo.WithSettings(chgo.Settings{
		"insert_deduplication_token":      rand.Text(),
		"max_partitions_per_insert_block": 0, // a batch may span many days
		"optimize_on_insert":              0, // what is inserted has no duplicates
	}))
}

func repeat[T any](v T, n int) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = v
	}
	return all
}
