package clickhouse

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vmaudit/internal/clickhouse/internal/chdb"
)

// query is a request as the engine understands it.
type query struct {
	sql      string
	format   string
	database string
	params   []chdb.Param
	settings [][2]string
	comment  string   // the caller's log_comment
	data     *os.File // data of an INSERT, nil when there are none
	deadline time.Duration
	protocol uint64 // revision at which the caller decodes the first answer
	hello    bool
}

// helloQuery is the question that the driver asks on every new connection.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

// maxSQL bounds a statement that comes as a body; a server's default is less.
const maxSQL = 64 << 20

func readQuery(r *http.Request) (*query, error) {
	q := &query{}
	values := r.URL.Query()
	for name := range values {
		if err := q.set(name, values.Get(name)); err != nil {
			return nil, err
		}
	}
	if ms, err := strconv.ParseInt(r.Header.Get(headerDeadline), 10, 64); err == nil {
		q.deadline = time.Duration(ms) * time.Millisecond
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return nil, refuse("external tables do not work with the embedded engine: insert into a table")
	}
	if err := q.body(r.Body); err != nil {
		return nil, err
	}
	q.hello = q.sql == helloQuery
	return q, nil
}

// body reads the rest of the request: the statement, its end, or the data of
// an INSERT whose statement is in the URL.
func (q *query) body(r io.Reader) error {
	if place, ok := insertPlace(q.sql); ok {
		file, name, err := dataFile(r)
		if err != nil {
			return err
		}
		q.data = file
		q.sql = q.sql[:place] + " FROM INFILE '" + name + "' " + q.sql[place:]
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(r, maxSQL+1))
	if err != nil {
		return fmt.Errorf("receive the statement: %w", err)
	}
	if len(text) > maxSQL {
		return refuse("the statement is too long: send data as the body of an INSERT whose statement is in the URL")
	}
	if q.sql != "" && len(text) > 0 {
		q.sql += "\n"
	}
	q.sql += string(text)
	// libchdb would run them all, a server none.
	if severalStatements(q.sql) && firstWord(q.sql) != "INSERT" {
		return &chdb.Error{Code: 62, Text: "Code: 62. DB::Exception: Syntax error: several statements in one request are not allowed. (SYNTAX_ERROR)"}
	}
	return nil
}

// ignored are parameters of the HTTP interface that say nothing here: there is
// one user, and a unix socket needs no compression of answers.
var ignored = []string{"query_id", "quota_key", "user", "password", "role", "session_id", "session_timeout", "session_check",
	"wait_end_of_query", "buffer_size", "network_compression_method", "network_zstd_compression_level"}

func (q *query) set(name, value string) error {
	switch {
	case name == "query":
		q.sql = value
	case name == "database":
		q.database = value
	case name == "default_format":
		q.format = value
	case name == "log_comment":
		q.comment = value
	case name == "client_protocol_version":
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return refuse(fmt.Sprintf("client_protocol_version %q is not a number", value))
		}
		q.protocol = n
	case name == "compress" || name == "decompress":
		if value != "0" {
			return refuse("compression is not offered by the embedded engine: leave it out")
		}
	case strings.HasPrefix(name, "param_"):
		q.params = append(q.params, chdb.Param{Name: strings.TrimPrefix(name, "param_"), Value: value})
	case !slices.Contains(ignored, name):
		q.settings = append(q.settings, [2]string{name, value})
	}
	return nil
}

func refuse(reason string) error {
	return &chdb.Error{Code: 48, Text: "Code: 48. DB::Exception: " + reason + ". (NOT_IMPLEMENTED)"}
}

func (q *query) close() {
	if q.data != nil {
		q.data.Close()
	}
}

func (q *query) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if q.deadline == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, q.deadline)
}

// run runs the query on a fresh connection, which it leaves with settings of
// its own.
func (q *query) run(ctx context.Context, conn *chdb.Conn, tag string, out io.Writer) error {
	if q.hello {
		return hello(conn, q.protocol, out)
	}
	for _, sql := range q.prelude(tag) {
		if err := conn.Exec(io.Discard, sql, "Null", nil); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !slices.Contains([]string{"SELECT", "WITH", "FROM"}, firstWord(q.sql)) {
		return conn.Exec(out, q.sql, q.formatName(), q.params)
	}
	stream, err := conn.Stream(q.sql, q.formatName(), q.params)
	if notStreamable(err) {
		return conn.Exec(out, q.sql, q.formatName(), q.params)
	}
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		if err := stream.Next(out); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			stream.Cancel()
			return err
		}
		if ctx.Err() != nil {
			stream.Cancel()
			return context.Cause(ctx)
		}
	}
}

// notStreamable recognises the refusal of a statement that begins like a
// SELECT and is none; it is refused before it does anything.
func notStreamable(err error) bool {
	var e *chdb.Error
	return errors.As(err, &e) && strings.Contains(e.Text, "Streaming query is not supported")
}

func (q *query) formatName() string {
	if q.format == "" {
		return "TabSeparated"
	}
	return q.format
}

// prelude are the statements that prepare the connection. The tag makes the
// query findable when it has to be killed.
func (q *query) prelude(tag string) []string {
	sets := make([]string, 0, len(q.settings)+1)
	for _, s := range q.settings {
		sets = append(sets, quoteName(s[0])+" = "+quoteString(s[1]))
	}
	sets = append(sets, "log_comment = "+quoteString(strings.TrimSpace(q.comment+" "+tag)))
	all := []string{"SET " + strings.Join(sets, ", ")}
	if q.database != "" {
		all = append(all, "USE "+quoteName(q.database))
	}
	return all
}

func quoteString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(s) + "`"
}

// queries are those that are running.
type queries struct {
	mu   sync.Mutex
	next int
	all  map[int]started
}

type started struct {
	sql  string
	when time.Time
}

func newQueries() *queries { return &queries{all: map[int]started{}} }

// begin notes a query; ended takes the note away.
func (q *queries) begin(sql string) (tag string, ended func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next++
	id := q.next
	q.all[id] = started{sql: sql[:min(len(sql), 200)], when: time.Now()}
	return fmt.Sprintf("request %d", id), func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.all, id)
	}
}

func (q *queries) list() []Running {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := make([]Running, 0, len(q.all))
	for _, s := range q.all {
		all = append(all, Running{SQL: s.sql, Seconds: time.Since(s.when).Seconds()})
	}
	slices.SortFunc(all, func(a, b Running) int {
		if a.Seconds > b.Seconds {
			return -1
		}
		return 1
	})
	return all
}

// exceptionTag is what tells a genuine error frame from data that look alike.
func exceptionTag() string { return rand.Text()[:16] }
