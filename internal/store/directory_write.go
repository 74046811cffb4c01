package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"time"

	"vmaudit/internal/number"
)

// DirectoryReport says what an import of the directory did.
type DirectoryReport struct {
	Version  uint64
	Stored   int       // rows
	Problems []Problem // rows that were left out or understood with doubt
	// Vanished are extensions of the directory before that the file does not
	// have. Somebody who left belongs in the file, with valid_to: only then is
	// an older exposure told to the right person.
	Vanished []string
}

// Always is the end of a holding without valid_to.
var (
	never  = time.Date(1900, 1, 2, 0, 0, 0, 0, time.UTC)
	always = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// ImportDirectory makes file the directory. Numbers are kept readable, because
// staff must be told, and as tokens, because records carry those.
func (s *Store) ImportDirectory(ctx context.Context, file *os.File, numbers *number.Normaliser, zone *time.Location) (DirectoryReport, error) {
	sum := sha256.New()
	holders, problems, err := ReadDirectory(io.TeeReader(file, sum), zone)
	if err != nil {
		return DirectoryReport{}, fmt.Errorf("directory %q: %w", file.Name(), err)
	}
	if len(holders) == 0 {
		return DirectoryReport{Problems: problems}, fmt.Errorf("directory %q: no row can be used", file.Name())
	}
	before, err := s.Holders(ctx)
	if err != nil {
		return DirectoryReport{}, err
	}
	version := uint64(time.Now().UnixMilli())
	report := DirectoryReport{Version: version, Stored: len(holders), Problems: problems, Vanished: vanished(before, holders)}
	for i := range holders {
		holders[i].identify(numbers)
	}
	if err := s.insertHolders(ctx, version, holders); err != nil {
		return report, fmt.Errorf("storing the directory: %w", err)
	}
	// The version counts from here on: a cut before leaves the old directory whole.
	batch, err := s.DB.PrepareBatch(ctx, `INSERT INTO directory_versions (version, file, name, rows, key_id)`)
	if err != nil {
		return report, err
	}
	defer batch.Abort()
	if err := batch.Append(version, string(sum.Sum(nil)), file.Name(), uint64(len(holders)), s.Key.ID()); err != nil {
		return report, err
	}
	return report, batch.Send()
}

// identify gives the numbers the form that records have them in.
func (h *Holder) identify(numbers *number.Normaliser) {
	h.extensionID = numbers.Party(h.Extension).ID
	h.Mailbox = numbers.Mailbox(h.Mailbox)
	h.didToken, h.mobileToken = numbers.Party(h.DID).ID, numbers.Party(h.Mobile).ID
	h.did164, _ = numbers.E164(h.DID)
	h.mob64, _ = numbers.E164(h.Mobile)
}

func vanished(before, now []Holder) (gone []string) {
	have := map[string]bool{}
	for _, h := range now {
		have[h.Extension] = true
	}
	for _, h := range before {
		if !have[h.Extension] {
			gone = append(gone, h.Extension)
			have[h.Extension] = true
		}
	}
	return gone
}

func (s *Store) insertHolders(ctx context.Context, version uint64, holders []Holder) error {
	batch, err := s.DB.PrepareBatch(once(ctx), `INSERT INTO directory (version, line, extension, extension_id, did, did_token, mobile, mobile_token, mailbox, name, title, unit, controller, manager, email, activity, client_facing, protected, language, valid_from, valid_to)`)
	if err != nil {
		return err
	}
	defer batch.Abort()
	for _, h := range holders {
		from, to := h.From, h.To
		if from.IsZero() {
			from = never
		}
		if to.IsZero() {
			to = always
		}
		if err := batch.Append(version, uint32(h.Line), h.Extension, h.extensionID, h.did164, h.didToken, h.mob64, h.mobileToken, h.Mailbox, h.Name, h.Title, h.Unit, h.Controller, h.Manager, h.Email, h.Activity, h.ClientFacing, h.Protected, h.Language, from, to); err != nil {
			return err
		}
	}
	return batch.Send()
}

// DirectoryVersion is the newest directory's, 0 when there is none.
func (s *Store) DirectoryVersion(ctx context.Context) (version uint64, err error) {
	err = s.DB.QueryRow(ctx, `SELECT max(version) FROM directory_versions`).Scan(&version)
	return version, err
}

// Holders returns who holds which extension, as far as the audit needs it:
// extension, mailbox, protection.
func (s *Store) Holders(ctx context.Context) ([]Holder, error) {
	version, err := s.DirectoryVersion(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the directory: %w", err)
	}
	rows, err := s.DB.Query(ctx, `SELECT extension, mailbox, protected, valid_from, valid_to FROM directory FINAL WHERE version = {version:UInt64} ORDER BY line`, named("version", version))
	if err != nil {
		return nil, fmt.Errorf("reading the directory: %w", err)
	}
	defer rows.Close()
	var all []Holder
	for rows.Next() {
		var h Holder
		if err := rows.Scan(&h.Extension, &h.Mailbox, &h.Protected, &h.From, &h.To); err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, rows.Err()
}
