package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// MinVersion is the oldest ClickHouse server that this door opens. Releases
// before it use another query analyzer than the embedded engine by default, or
// are no longer mended.
const MinVersion = "24.8.1"

// Options changes how [Open] opens; the zero value is right for programs.
type Options struct {
	Engine   []string      // command that runs [Serve]; default: this program with the argument "engine"
	Database string        // current database of an embedded engine; default "default"
	Memory   uint64        // bytes the embedded engine may use; default half of the machine's
	Timeout  time.Duration // deadline of a request whose context has none; default 10 min
	Idle     time.Duration // the embedded engine ends after this time without a request; default 1 min
}

// Defaults of [Options].
const (
	DefaultTimeout = 10 * time.Minute
	DefaultIdle    = time.Minute
)

func (o *Options) setDefaults() {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	if o.Database == "" {
		o.Database = "default"
	}
}

// Open opens a database: a server by its URL (clickhouse://, http://,
// https://), anything else is a directory for the embedded engine, which is
// made, for its owner only, when absent. It asks the version, so an error is
// told here and not by the first query: *[TooOldError], *[DirectoryError],
// *[LibraryNotFoundError], *[EngineStartError], or the driver's own.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	o.setDefaults()
	if strings.Contains(dsn, "://") {
		return openServer(ctx, dsn, o)
	}
	return openDirectory(ctx, dsn, o)
}

func openServer(ctx context.Context, dsn string, o Options) (*DB, error) {
	opts, err := parseURL(dsn)
	if err != nil {
		return nil, err
	}
	opts.ReadTimeout = o.Timeout
	opts.Settings = clusterSettings(opts.Settings)
	if opts.Protocol == driver.HTTP {
		opts.TransportFunc = func(t *http.Transport) (http.RoundTripper, error) {
			// The deadline is for the whole request, not for its first byte.
			t.ResponseHeaderTimeout = 0
			return &deadlines{next: t, timeout: o.Timeout}, nil
		}
	}
	conn, err := driver.Open(opts)
	if err != nil {
		return nil, fmt.Errorf("open the database server: %w", err)
	}
	db := &DB{Conn: conn, timeout: o.Timeout}
	if err := db.checkVersion(ctx); err != nil {
		conn.Close()
		return nil, explainServer(ctx, opts, err)
	}
	return db, nil
}

// clusterSettings are for distributed tables, and change nothing for others: a
// row that was inserted is there, and subqueries stay on the shard, where the
// tables' keys keep together what belongs together. The URL's own settings win.
func clusterSettings(given driver.Settings) driver.Settings {
	all := driver.Settings{"distributed_foreground_insert": 1, "distributed_product_mode": "local"}
	maps.Copy(all, given)
	return all
}

func parseURL(dsn string) (*driver.Options, error) {
	scheme, _, _ := strings.Cut(dsn, "://")
	switch scheme {
	case "clickhouse", "http":
	case "https":
		// The driver wants to be told what the scheme already says.
		if u, err := url.Parse(dsn); err == nil && !u.Query().Has("secure") {
			q := u.Query()
			q.Set("secure", "true")
			u.RawQuery = q.Encode()
			dsn = u.String()
		}
	default:
		return nil, fmt.Errorf("database scheme %q is not known: use clickhouse://, http://, https:// or a directory", scheme)
	}
	opts, err := driver.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	return opts, nil
}

func openDirectory(ctx context.Context, dir string, o Options) (*DB, error) {
	place, err := newPlace(dir)
	if err != nil {
		return nil, err
	}
	t := newTransport(&launcher{place: place, options: o}, o.Timeout)
	conn, err := driver.Open(&driver.Options{
		Protocol: driver.HTTP,
		Addr:     []string{"engine"},
		Auth:     driver.Auth{Database: o.Database},
		// A first connection may have to start the engine on a cold machine.
		DialTimeout:   startTimeout + time.Minute,
		MaxOpenConns:  32,
		MaxIdleConns:  32,
		TransportFunc: func(*http.Transport) (http.RoundTripper, error) { return t, nil },
	})
	if err != nil {
		return nil, fmt.Errorf("open the embedded engine: %w", err)
	}
	db := &DB{Conn: conn, dir: place.dir, timeout: o.Timeout, close: t.close}
	if err := db.checkVersion(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func (db *DB) checkVersion(ctx context.Context) error {
	if err := db.Ping(ctx); err != nil {
		return err
	}
	v, err := db.ServerVersion()
	if err != nil {
		return clean(err)
	}
	if !proto.CheckMinVersion(proto.ParseVersion(MinVersion), v.Version) {
		return &TooOldError{Version: v.Version.String(), Minimum: MinVersion}
	}
	return nil
}

// explainServer finds out whether a server refused us because it is too old.
// Servers before 2020 know neither the driver's first question nor its
// protocol, so they answer with other errors than their age.
func explainServer(ctx context.Context, opts *driver.Options, err error) error {
	var old *TooOldError
	if errors.As(err, &old) {
		return err
	}
	if errors.Is(err, driver.ErrUnsupportedServerRevision) {
		return &TooOldError{Minimum: MinVersion}
	}
	var refused *driver.HTTPError
	if !errors.As(err, &refused) || opts.Protocol != driver.HTTP {
		return serverError(err)
	}
	version, ok := askVersion(ctx, opts)
	if ok && !proto.CheckMinVersion(proto.ParseVersion(MinVersion), proto.ParseVersion(version)) {
		return &TooOldError{Version: version, Minimum: MinVersion}
	}
	return serverError(err)
}

func serverError(err error) error {
	var netErr *net.OpError
	if errors.As(err, &netErr) {
		return fmt.Errorf("reach the database server: %w: check that it runs and listens there", netErr)
	}
	return fmt.Errorf("open the database server: %w", clean(err))
}
