// Package store holds what vmaudit knows: the schema, as numbered SQL files, and
// the write side of it.
//
// The usual path: [Open] brings the schema up to date, [Store.Import] writes one
// export with its entry in the ledger, [Store.ImportDirectory] and
// [Store.AddChange] write what the auditor is told. The questions are asked by
// package analysis, in SQL, over the same tables.
//
// Its stance: a row is stored once, with the file and line that it came from, or
// its line is kept among the rejects; read = stored + duplicate + rejected +
// skipped holds for every file at every time; a process that is killed anywhere
// leaves nothing that the next run does not put right. Nothing here is deleted.
package store

import (
	"context"
	"crypto/rand"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/number"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the numbered schema files.
func Migrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return files
}

// Store writes to one database with one deployment key.
type Store struct {
	DB  *clickhouse.DB
	Key *number.Key
}

// Prepare brings the schema of an embedded database up to date; of a server,
// which may be shared, it only demands that `vmaudit db migrate` was run. It
// returns the ids of the deployment keys that the database was filled with.
func Prepare(ctx context.Context, db *clickhouse.DB) (keys []string, err error) {
	if db.Dir() != "" {
		_, err = clickhouse.Migrate(ctx, db, Migrations(), "")
	} else {
		err = demandMigrated(ctx, db)
	}
	if err != nil {
		return nil, err
	}
	return keyIDs(ctx, db)
}

// Open returns the store of db, prepared. It refuses a database whose rows carry
// the tokens of another key with a [WrongKeyError]: the same caller would have two
// tokens, and owners would be taken for strangers.
func Open(ctx context.Context, db *clickhouse.DB, key *number.Key) (*Store, error) {
	keys, err := Prepare(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, id := range keys {
		if id != key.ID() {
			return nil, &WrongKeyError{Have: key.ID(), Want: keys}
		}
	}
	return &Store{DB: db, Key: key}, nil
}

func demandMigrated(ctx context.Context, db *clickhouse.DB) error {
	all, err := clickhouse.Status(ctx, db, Migrations(), "")
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Applied.IsZero() {
			return fmt.Errorf("schema is not up to date: %s is not applied: run vmaudit db migrate", m.Name)
		}
	}
	return nil
}

// ID tells databases apart, wherever their directories are moved. The first call
// makes it; of several first calls at once one wins.
func (s *Store) ID(ctx context.Context) (id string, err error) {
	const ask = `SELECT min(id) FROM deployment`
	if err := s.DB.QueryRow(ctx, ask).Scan(&id); err != nil || id != "" {
		return id, err
	}
	token := chgo.Context(ctx, chgo.WithSettings(chgo.Settings{"insert_deduplication_token": "deployment"}))
	batch, err := s.DB.PrepareBatch(token, `INSERT INTO deployment (id)`)
	if err != nil {
		return "", err
	}
	defer batch.Abort()
	if err := batch.Append(strings.ToLower(rand.Text())); err != nil {
		return "", err
	}
	if err := batch.Send(); err != nil {
		return "", err
	}
	return id, s.DB.QueryRow(ctx, ask).Scan(&id)
}

// WrongKeyError says that the database was filled with another deployment key.
type WrongKeyError struct {
	Have string   // id of the key at hand
	Want []string // ids of the keys that the database's tokens were made with
}

func (e *WrongKeyError) Error() string {
	return fmt.Sprintf("deployment key %q is not the one that this database was filled with (%q): name the right one with key_file in --config", e.Have, e.Want)
}

func keyIDs(ctx context.Context, db *clickhouse.DB) (ids []string, err error) {
	rows, err := db.Query(ctx, `SELECT DISTINCT key_id FROM (SELECT key_id FROM imports UNION ALL SELECT key_id FROM directory_versions)`)
	if err != nil {
		return nil, fmt.Errorf("reading the key ids of the database: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
