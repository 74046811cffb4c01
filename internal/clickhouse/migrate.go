package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// Migration is one numbered file of a schema, and whether it was applied.
type Migration struct {
	Version int       // the number at the start of the file's name
	Name    string    // file name
	Sum     string    // SHA-256 of the file, hexadecimal
	Applied time.Time // zero when it was not

	statements []string
}

// ledger is the table of what was applied. Two programs that migrate at once
// write the same rows, which it merges.
const ledger = `CREATE TABLE IF NOT EXISTS schema_migrations (
    version UInt32,
    name    String,
    sha256  String,
    applied DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree ORDER BY version`

// Migrate applies the files (NNNN_name.sql at the top of files) that were not
// applied yet, in order, and returns these. It may be killed at any moment and
// run again: a file counts as applied after its last statement, and a
// statement that could not be repeated is refused before anything is run.
//
// With the name of a cluster, the same files make the schema on all of its
// nodes: a CREATE TABLE below a line "-- distributed by EXPR" is spread over
// the shards by EXPR, every other table of the MergeTree family is replicated
// to every node.
//
// Errors: *[NewerSchemaError], *[ChangedMigrationError], or the database's.
func Migrate(ctx context.Context, db *DB, files fs.FS, cluster string) ([]Migration, error) {
	all, err := Status(ctx, db, files, cluster)
	if err != nil {
		return nil, err
	}
	m := &migrator{db: db, renderer: &renderer{cluster: cluster}}
	if err := db.QueryRow(ctx, "SELECT currentDatabase()").Scan(&m.renderer.database); err != nil {
		return nil, fmt.Errorf("migrate: ask for the current database: %w", err)
	}
	if err := m.exec(ctx, ledger); err != nil {
		return nil, fmt.Errorf("migrate: make the ledger: %w", err)
	}
	var applied []Migration
	for _, file := range all {
		done, err := m.apply(ctx, file)
		if err != nil {
			return applied, fmt.Errorf("migrate: %s: %w", file.Name, err)
		}
		if done {
			applied = append(applied, file)
		}
	}
	return applied, nil
}

// Status returns all migrations of files with the times of those that were
// applied. It changes nothing. Errors are those of [Migrate].
func Status(ctx context.Context, db *DB, files fs.FS, cluster string) ([]Migration, error) {
	all, err := readMigrations(files)
	if err != nil {
		return nil, err
	}
	// What cannot be written for this cluster must be known before the first
	// statement runs.
	if _, err := Render(files, "default", cluster); err != nil {
		return nil, err
	}
	return all, compareLedger(ctx, db, all)
}

// Render returns the statements that [Migrate] runs in a database of that name
// that has no migration yet, without running any.
func Render(files fs.FS, database, cluster string) ([]string, error) {
	all, err := readMigrations(files)
	if err != nil {
		return nil, err
	}
	var statements []string
	r := &renderer{cluster: cluster, database: database}
	for _, m := range all {
		for _, sql := range m.statements {
			rendered, err := r.render(sql)
			if err != nil {
				return nil, fmt.Errorf("migration %s: %w", m.Name, err)
			}
			statements = append(statements, rendered...)
		}
	}
	return statements, nil
}

// compareLedger fills in when each migration was applied.
func compareLedger(ctx context.Context, db *DB, all []Migration) error {
	var exists uint8
	if err := db.QueryRow(ctx, "EXISTS TABLE schema_migrations").Scan(&exists); err != nil || exists == 0 {
		return err
	}
	var done []struct {
		Version uint32    `ch:"version"`
		Sum     string    `ch:"sha256"`
		Applied time.Time `ch:"applied"`
	}
	if err := db.Select(ctx, &done, "SELECT version, sha256, applied FROM schema_migrations FINAL ORDER BY version"); err != nil {
		return fmt.Errorf("read which migrations were applied: %w", err)
	}
	for _, d := range done {
		i := slices.IndexFunc(all, func(m Migration) bool { return m.Version == int(d.Version) })
		switch {
		case i < 0:
			return &NewerSchemaError{Database: int(done[len(done)-1].Version), Files: all[len(all)-1].Version}
		case all[i].Sum != d.Sum:
			return &ChangedMigrationError{Name: all[i].Name}
		}
		all[i].Applied = d.Applied
	}
	return nil
}

type migrator struct {
	db       *DB
	renderer *renderer
}

// apply runs a file that was not applied. The others are only read, because
// later ones may change tables that they made.
func (m *migrator) apply(ctx context.Context, file Migration) (done bool, err error) {
	for _, sql := range file.statements {
		if !file.Applied.IsZero() {
			if _, err := m.renderer.render(sql); err != nil {
				return false, err
			}
			continue
		}
		if err := m.exec(ctx, sql); err != nil {
			return false, err
		}
	}
	if !file.Applied.IsZero() {
		return false, nil
	}
	return true, m.db.Exec(ctx, "INSERT INTO schema_migrations SELECT {version:UInt32}, {name:String}, {sum:String}, now64(3, 'UTC')",
		driver.Named("version", strconv.Itoa(file.Version)), driver.Named("name", file.Name), driver.Named("sum", file.Sum))
}

func (m *migrator) exec(ctx context.Context, sql string) error {
	all, err := m.renderer.render(sql)
	if err != nil {
		return err
	}
	for _, sql := range all {
		if err := m.db.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

var migrationName = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)

// readMigrations reads the files in the order of their numbers.
func readMigrations(files fs.FS) ([]Migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("list migrations: no .sql file found")
	}
	var all []Migration
	for _, name := range names {
		m, err := readMigration(files, name)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Migration) int { return a.Version - b.Version })
	for i, m := range all {
		if m.Version != i+1 {
			return nil, fmt.Errorf("migration %q should have number %04d: numbers begin with 0001 and have no gaps", m.Name, i+1)
		}
	}
	return all, nil
}

func readMigration(files fs.FS, name string) (Migration, error) {
	parts := migrationName.FindStringSubmatch(path.Base(name))
	if parts == nil {
		return Migration{}, fmt.Errorf("migration %q is not named like 0001_name.sql", name)
	}
	version, err := strconv.Atoi(parts[1])
	if err != nil {
		return Migration{}, fmt.Errorf("migration %q: %w", name, err)
	}
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return Migration{}, fmt.Errorf("read migration: %w", err)
	}
	statements, err := splitStatements(string(text))
	if err != nil {
		return Migration{}, fmt.Errorf("migration %q: %w", name, err)
	}
	sum := sha256.Sum256(text)
	return Migration{Version: version, Name: name, Sum: hex.EncodeToString(sum[:]), statements: statements}, nil
}

// splitStatements cuts a file after lines that end in a semicolon, and checks
// that each statement can be run twice.
func splitStatements(text string) ([]string, error) {
	var all []string
	var current strings.Builder
	for line := range strings.Lines(text) {
		current.WriteString(line)
		trimmed := strings.TrimSpace(line)
		if !strings.HasSuffix(trimmed, ";") || strings.HasPrefix(trimmed, "--") {
			continue
		}
		sql := strings.TrimSuffix(strings.TrimSpace(current.String()), ";")
		if err := checkRepeatable(sql); err != nil {
			return nil, err
		}
		all = append(all, sql)
		current.Reset()
	}
	if rest := firstWord(current.String()); rest != "" {
		return nil, fmt.Errorf("the last statement, %q ..., does not end in a semicolon", rest)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no statement found")
	}
	return all, nil
}

// checkRepeatable refuses what would fail, or do more, when a migration that
// was killed half-way is run again.
func checkRepeatable(sql string) error {
	var words []string
	for t := range tokens(sql) {
		words = append(words, t.text)
	}
	if len(words) < 3 {
		return fmt.Errorf("%q is no statement", sql)
	}
	guarded := slices.Contains(words, "IF") || words[1] == "OR"
	switch words[0] {
	case "CREATE", "DROP":
		if !guarded {
			return fmt.Errorf("%s %s needs IF EXISTS or IF NOT EXISTS, so that it can be run again", words[0], words[1])
		}
	case "ALTER":
		added := slices.ContainsFunc(words, func(w string) bool { return w == "ADD" || w == "DROP" || w == "RENAME" })
		if added && !guarded {
			return fmt.Errorf("ALTER with ADD, DROP or RENAME needs IF EXISTS or IF NOT EXISTS, so that it can be run again")
		}
	default:
		return fmt.Errorf("%s is not allowed in a migration: use CREATE, ALTER or DROP", words[0])
	}
	return nil
}
