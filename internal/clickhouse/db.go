package clickhouse

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// DB is an open database. It is the driver's connection pool, with a deadline
// on every request and errors that do not carry the values of parameters.
// It may be used by many goroutines.
type DB struct {
	driver.Conn
	dir     string
	timeout time.Duration
	close   func()
}

// Dir is the directory of an embedded engine, "" on a server.
func (db *DB) Dir() string { return db.dir }

// Close ends the connections. An embedded engine goes on until it is idle.
func (db *DB) Close() error {
	err := db.Conn.Close()
	if db.close != nil {
		db.close()
	}
	return clean(err)
}

// limit gives a request the default deadline when its caller gave none.
func (db *DB) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, db.timeout)
}

// Exec runs a statement without a result.
func (db *DB) Exec(ctx context.Context, query string, args ...any) error {
	ctx, cancel := db.limit(ctx)
	defer cancel()
	return clean(db.Conn.Exec(ctx, query, args...))
}

// Select reads all rows into dest, a pointer to a slice of structs.
func (db *DB) Select(ctx context.Context, dest any, query string, args ...any) error {
	ctx, cancel := db.limit(ctx)
	defer cancel()
	return clean(db.Conn.Select(ctx, dest, query, args...))
}

// Ping asks for a sign of life; it starts an embedded engine.
func (db *DB) Ping(ctx context.Context) error {
	ctx, cancel := db.limit(ctx)
	defer cancel()
	return clean(db.Conn.Ping(ctx))
}

// Query starts a query. The deadline is for the reading of its rows too; the
// rows must be closed.
func (db *DB) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	ctx, cancel := db.limit(ctx)
	r, err := db.Conn.Query(ctx, query, args...)
	if err != nil {
		cancel()
		return nil, clean(err)
	}
	return &rows{Rows: r, cancel: cancel}, nil
}

// QueryRow runs a query of one row; errors are told by its Scan.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	ctx, cancel := db.limit(ctx)
	return &row{Row: db.Conn.QueryRow(ctx, query, args...), cancel: cancel}
}

// PrepareBatch begins an INSERT. The context is for the whole life of the
// batch; its requests have the default deadline each.
func (db *DB) PrepareBatch(ctx context.Context, query string, opts ...driver.PrepareBatchOption) (driver.Batch, error) {
	b, err := db.Conn.PrepareBatch(ctx, query, opts...)
	if err != nil {
		return nil, clean(err)
	}
	return &batch{Batch: b}, nil
}

// QueryFormat runs a query and returns its result as bytes in a format, over
// HTTP and on an embedded engine only. The result must be closed.
func (db *DB) QueryFormat(ctx context.Context, format, query string, args ...any) (io.ReadCloser, error) {
	ctx, cancel := db.limit(ctx)
	body, err := db.Conn.QueryFormat(ctx, format, query, args...)
	if err != nil {
		cancel()
		return nil, clean(err)
	}
	return &formatted{ReadCloser: body, cancel: cancel}, nil
}

// InsertFormat inserts data that are bytes in a format, over HTTP and on an
// embedded engine only.
func (db *DB) InsertFormat(ctx context.Context, format, query string, data io.Reader) error {
	ctx, cancel := db.limit(ctx)
	defer cancel()
	return clean(db.Conn.InsertFormat(ctx, format, query, data))
}

type rows struct {
	driver.Rows
	cancel context.CancelFunc
}

func (r *rows) Err() error { return clean(r.Rows.Err()) }

func (r *rows) Close() error {
	// Without this a query whose rows nobody wants would be read to its end.
	r.cancel()
	if err := r.Rows.Close(); err != nil && !errors.Is(err, context.Canceled) {
		return clean(err)
	}
	return nil
}

type row struct {
	driver.Row
	cancel context.CancelFunc
}

func (r *row) Err() error { return clean(r.Row.Err()) }

func (r *row) Scan(dest ...any) error {
	defer r.cancel()
	return clean(r.Row.Scan(dest...))
}

func (r *row) ScanStruct(dest any) error {
	defer r.cancel()
	return clean(r.Row.ScanStruct(dest))
}

type batch struct{ driver.Batch }

func (b *batch) Send() error { return clean(b.Batch.Send()) }

type formatted struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (f *formatted) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = clean(err)
	}
	return n, err
}

func (f *formatted) Close() error {
	f.cancel()
	return clean(f.ReadCloser.Close())
}
