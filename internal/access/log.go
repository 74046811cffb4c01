package access

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/gofrs/flock"

	"vmaudit/internal/clickhouse"
)

// Outcomes of a read.
const (
	Shown  = "shown"
	Denied = "denied"
)

// Entry is one read of affected people.
type Entry struct {
	Seq     uint64    `json:"seq"`   // 1, 2, 3, ...
	Nonce   string    `json:"nonce"` // tells two like looks at one moment apart
	At      time.Time `json:"at"`    // UTC, milliseconds
	User    string    `json:"user"`
	Command string    `json:"command"`
	Purpose Purpose   `json:"purpose"`
	Filter  string    `json:"filter"`
	Outcome string    `json:"outcome"`
	Rows    uint64    `json:"rows"` // people, masked ones included; never who they are
	Prev    string    `json:"prev"` // hex hash of the row before, zeros for the first
	Hash    string    `json:"hash"`
}

// Sealer makes the keyed hashes; [number.Key] is one. It is an interface because
// this room does not import that one.
//
// [number.Key]: https://pkg.go.dev/vmaudit/internal/number#Key
type Sealer interface {
	// MAC returns a hash of data under a key that is derived for label.
	MAC(label string, data ...[]byte) [32]byte
}

// Log is the chain of reads in one database.
type Log struct {
	DB   *clickhouse.DB
	Key  Sealer
	Head string // file that holds the newest hash, outside the database
	User string // who looks
}

// BrokenError says where the chain does not hold.
type BrokenError struct {
	Seq    uint64
	Reason string
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("access log is broken at row %d: %s", e.Seq, e.Reason)
}

const first = "0000000000000000000000000000000000000000000000000000000000000000"

// maxRaces bounds how often an append may lose to others before it gives up.
const maxRaces = 100

// Record appends one read. It returns only when the row is in the chain; callers
// show nothing when it fails. Several processes may append at once: those of one
// machine take turns, those of several find out whose row came first.
func (l *Log) Record(ctx context.Context, e Entry) error {
	unlock, err := l.lock(ctx)
	if err != nil {
		return fmt.Errorf("%w: nothing is shown", err)
	}
	defer unlock()
	if e.Outcome == "" {
		e.Outcome = Shown
	}
	e.User = l.User
	for range maxRaces {
		head, err := l.head(ctx)
		if err != nil {
			return fmt.Errorf("access log: %w: nothing is shown", err)
		}
		if err := l.behind(head); err != nil {
			return fmt.Errorf("%w: nothing is shown; see vmaudit access-log verify", err)
		}
		e.Seq, e.Prev, e.Nonce = head.Seq+1, head.Hash, rand.Text()
		e.At = time.Now().UTC().Truncate(time.Millisecond)
		e.Hash = l.hash(e)
		won, err := l.append(ctx, e)
		if err != nil {
			return fmt.Errorf("access log: %w: nothing is shown", err)
		}
		if won {
			return l.pin(e)
		}
	}
	return errors.New("access log: too many others are writing to it: nothing is shown; try again")
}

// lock keeps the head row and the head file together for this machine.
func (l *Log) lock(ctx context.Context) (func(), error) {
	lock := flock.New(l.Head+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 5*time.Millisecond); err != nil {
		return nil, fmt.Errorf("access log: locking its head: %w", err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// hash covers every field but itself. JSON is the form because it says where
// each field ends.
func (l *Log) hash(e Entry) string {
	e.Hash = ""
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings, numbers and a time
	}
	sum := l.Key.MAC("access-log", body)
	return hex.EncodeToString(sum[:])
}

// append adds the row unless another took its number: the insert's token is the
// number, so that of two inserts the second stores nothing.
func (l *Log) append(ctx context.Context, e Entry) (bool, error) {
	insert := chgo.Context(ctx, chgo.WithSettings(chgo.Settings{"insert_deduplication_token": fmt.Sprintf("access-%d", e.Seq)}))
	batch, err := l.DB.PrepareBatch(insert, `INSERT INTO access_log (seq, nonce, at, user, command, purpose, filter, outcome, rows, prev, hash)`)
	if err != nil {
		return false, err
	}
	defer batch.Abort()
	if err := batch.Append(e.Seq, e.Nonce, e.At, e.User, e.Command, string(e.Purpose), e.Filter, e.Outcome, e.Rows, e.Prev, e.Hash); err != nil {
		return false, err
	}
	if err := batch.Send(); err != nil {
		return false, err
	}
	var rows uint64
	var hash string
	err = l.DB.QueryRow(ctx, `SELECT count(), any(hash) FROM access_log WHERE seq = {seq:UInt64}`, chgo.Named("seq", e.Seq)).Scan(&rows, &hash)
	if err == nil && rows == 0 {
		// The token is spent, and the row that spent it is gone.
		return false, &BrokenError{e.Seq, "a row of this number was written before and is gone"}
	}
	return hash == e.Hash, err
}

func (l *Log) head(ctx context.Context) (Entry, error) {
	head := Entry{Hash: first}
	err := l.each(ctx, `ORDER BY seq DESC LIMIT 1`, func(e Entry) error {
		head = e
		return nil
	})
	return head, err
}

// Entries calls f with every row, oldest first.
func (l *Log) Entries(ctx context.Context, f func(Entry) error) error {
	return l.each(ctx, `ORDER BY seq, hash`, f)
}

func (l *Log) each(ctx context.Context, tail string, f func(Entry) error) error {
	rows, err := l.DB.Query(ctx, `SELECT seq, nonce, at, user, command, purpose, filter, outcome, rows, prev, hash FROM access_log `+tail)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e Entry
		var purpose string
		if err := rows.Scan(&e.Seq, &e.Nonce, &e.At, &e.User, &e.Command, &purpose, &e.Filter, &e.Outcome, &e.Rows, &e.Prev, &e.Hash); err != nil {
			return err
		}
		e.Purpose, e.At = Purpose(purpose), e.At.UTC()
		if err := f(e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Verify walks the chain and returns the number of rows, or a [BrokenError] at
// the first row that was changed, added, moved or dropped, the last one included.
//
// What was cut from the end is found by the head file that this machine keeps. A
// machine that has none, though there are rows, cannot know, and says so with an
// error.
func (l *Log) Verify(ctx context.Context) (rows uint64, err error) {
	unlock, err := l.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	prev := Entry{Hash: first}
	err = l.Entries(ctx, func(e Entry) error {
		switch {
		case e.Seq != prev.Seq+1:
			return &BrokenError{prev.Seq + 1, fmt.Sprintf("the row after %d is %d: a row was dropped or added", prev.Seq, e.Seq)}
		case e.Prev != prev.Hash:
			return &BrokenError{e.Seq, "it does not follow from the row before"}
		case l.hash(e) != e.Hash:
			return &BrokenError{e.Seq, "its content was changed"}
		}
		prev = e
		return nil
	})
	if err != nil {
		return prev.Seq, err
	}
	if _, err := os.Stat(l.Head); errors.Is(err, os.ErrNotExist) && prev.Seq > 0 {
		return prev.Seq, &BrokenError{prev.Seq, fmt.Sprintf("this machine keeps no head (%s): whether rows were dropped at the end cannot be told", l.Head)}
	}
	return prev.Seq, l.behind(prev)
}

// pinned is the newest row that this machine wrote.
type pinned struct {
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"`
}

// behind checks that the chain's head is not older than the pinned one.
func (l *Log) behind(head Entry) error {
	content, err := os.ReadFile(l.Head)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("access log: reading its head: %w", err)
	}
	var pin pinned
	if err := json.Unmarshal(content, &pin); err != nil {
		return &BrokenError{head.Seq, fmt.Sprintf("the head file %q cannot be read: %v", l.Head, err)}
	}
	if head.Seq < pin.Seq || head.Seq == pin.Seq && head.Hash != pin.Hash {
		return &BrokenError{head.Seq, fmt.Sprintf("row %d was written and the last one is %d: rows at the end were dropped or changed, or an older copy of the database was put back; keep %q as evidence and move it away to go on", pin.Seq, head.Seq, l.Head)}
	}
	return nil
}

// pin remembers the newest row outside the database.
func (l *Log) pin(e Entry) error {
	content, err := json.Marshal(pinned{e.Seq, e.Hash})
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(l.Head), ".head-*")
	if err != nil {
		return fmt.Errorf("access log: keeping its head: %w: nothing is shown", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(append(content, '\n'))
	if err := errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("access log: keeping its head: %w: nothing is shown", err)
	}
	return os.Rename(temp.Name(), l.Head)
}
