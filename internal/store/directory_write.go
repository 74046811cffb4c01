package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
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
	// Hidden are protected ones of which the file says nothing, because it has no row
	// or no column for it: they stay protected until a file says that they are not.
	Hidden int
}

// carriedOver is where the lines of rows begin that no line of the file has.
const carriedOver = 1 << 31

// never and always are the ends of a holding without valid_from and valid_to.
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
		return DirectoryReport{Problems: problems}, fmt.Errorf("directory %q: no row can be used, the one before stays", file.Name())
	}
	before, err := s.Holders(ctx)
	if err != nil {
		return DirectoryReport{}, err
	}
	have, err := s.DirectoryVersion(ctx)
	if err != nil {
		return DirectoryReport{}, err
	}
	version := max(uint64(time.Now().UnixMilli()), have+1) // also when the clock was set back
	report := DirectoryReport{Version: version, Stored: len(holders), Problems: problems}
	plain := number.NewNormaliser(nil, s.Key)
	for i := range holders {
		holders[i].identify(numbers, plain)
	}
	report.Hidden = keepProtected(before, holders)
	for _, h := range vanished(before, holders) {
		if h.Protected {
			h.Line = carriedOver + report.Hidden
			holders = append(holders, h)
			report.Hidden++
			continue
		}
		report.Vanished = append(report.Vanished, h.Extension)
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

// identify gives the numbers the forms that records have them in.
func (h *Holder) identify(numbers, plain *number.Normaliser) {
	box, context, other := strings.Cut(h.Mailbox, "@")
	if h.Mailbox = numbers.Mailbox(box); other && context != "default" {
		h.Mailbox += "@" + numbers.Mailbox(context)
	}
	h.Called = append(forms(h.Extension, numbers, plain), forms(h.DID, numbers, plain)...)
	h.Calling = forms(h.Mobile, numbers, plain)
	h.did164, _ = numbers.E164(h.DID)
	h.mobile164, _ = numbers.E164(h.Mobile)
}

// forms of a number: records may have been imported before the numbering plan was
// given, and carry it as it is without one.
func forms(raw string, numbers, plain *number.Normaliser) (ids []string) {
	for _, n := range []*number.Normaliser{numbers, plain} {
		if id := n.Party(raw).ID; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// keepProtected protects who was protected, where the file does not say that they
// are not: it has no column for it, or the row cannot be read.
func keepProtected(before, now []Holder) (kept int) {
	was := map[string]bool{}
	for _, h := range before {
		was[h.Extension] = was[h.Extension] || h.Protected
	}
	for i := range now {
		if h := &now[i]; was[h.Extension] && !h.saysProtected {
			h.Protected = true
			kept++
		}
	}
	return kept
}

// vanished returns the rows whose extensions are not there any more.
func vanished(before, now []Holder) []Holder {
	have := map[string]bool{}
	for _, h := range now {
		have[h.Extension] = true
	}
	return slices.DeleteFunc(before, func(h Holder) bool { return have[h.Extension] })
}

func (s *Store) insertHolders(ctx context.Context, version uint64, holders []Holder) error {
	batch, err := s.DB.PrepareBatch(once(ctx), `INSERT INTO directory (version, line, extension, did, mobile, called, calling, mailbox, name, title, unit, controller, manager, email, activity, client_facing, protected, language, valid_from, valid_to)`)
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
		if err := batch.Append(version, uint32(h.Line), h.Extension, h.did164, h.mobile164, h.Called, h.Calling, h.Mailbox, h.Name, h.Title, h.Unit, h.Controller, h.Manager, h.Email, h.Activity, h.ClientFacing, h.Protected, h.Language, from, to); err != nil {
			return err
		}
	}
	if err := batch.Send(); err != nil {
		return err
	}
	return s.DB.Exec(ctx, holdingsSQL, named("version", version))
}

// holdingsSQL tells by number whose it is, which every question about a call asks.
// It is stored with the directory: who changes it writes a migration that fills the
// table anew, and raises the rules of the package analysis.
const holdingsSQL = `
	INSERT INTO holdings (version, identity, holdings)
	SELECT version, number.1 AS identity, arraySort(groupUniqArray((extension, mailbox, number.2, valid_from, valid_to)))
	FROM
	(
		SELECT
			arrayJoin(arrayConcat(arrayMap(n -> (n, true), called), arrayMap(n -> (n, false), calling))) AS number,
			version, extension, mailbox, valid_from, valid_to
		FROM directory FINAL
		WHERE version = {version:UInt64}
	)
	WHERE identity != ''
	GROUP BY version, identity`

// DirectoryVersion is the newest directory's, 0 when there is none.
func (s *Store) DirectoryVersion(ctx context.Context) (version uint64, err error) {
	err = s.DB.QueryRow(ctx, `SELECT max(version) FROM directory_versions`).Scan(&version)
	return version, err
}

// Holders returns who holds which extension, as far as the audit needs it:
// numbers, mailbox, protection.
func (s *Store) Holders(ctx context.Context) ([]Holder, error) {
	version, err := s.DirectoryVersion(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the directory: %w", err)
	}
	rows, err := s.DB.Query(ctx, `SELECT extension, mailbox, protected, valid_from, valid_to, called, calling FROM directory FINAL WHERE version = {version:UInt64} ORDER BY line`, named("version", version))
	if err != nil {
		return nil, fmt.Errorf("reading the directory: %w", err)
	}
	defer rows.Close()
	var all []Holder
	for rows.Next() {
		var h Holder
		if err := rows.Scan(&h.Extension, &h.Mailbox, &h.Protected, &h.From, &h.To, &h.Called, &h.Calling); err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, rows.Err()
}
