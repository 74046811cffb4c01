// Package analysis asks the questions: which sessions of which mailboxes were
// exposed by a change, how sure that is and why, and whose messages they were.
//
// The usual path, all of it in SQL over the tables of internal/store:
//
//  1. [Auditor.Derive] turns records into facts: sessions, the parts of calls in
//     which a caller was connected to a mailbox (calls.sql, hits.sql, sessions.sql).
//     Facts are stored once; days whose records changed are derived again.
//  2. [Auditor.Audit] looks at the sessions that touch a change's window with what
//     the directory, the numbering plan and the change say of them
//     (reached.sql, situations.sql), and lets the detectors (detectors/*.sql, one file each)
//     give every one a verdict (judge.sql).
//     [Auditor.AuditAsOf] does it for what could be known at a time.
//  3. [Auditor.Summarise], [Auditor.Affected], [Auditor.Sessions] and
//     [Auditor.Explain] tell what was found, for people to read.
//
// Its stance: a stranger's session in the window is not-excluded until the
// records prove more; nothing is ever "ok" for want of evidence; both numbers,
// exposed and confirmed, are always told; and what the records cannot show is
// said beside what they do.
package analysis

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

// DefaultRetention is how long a platform keeps a message unless the
// configuration says otherwise: 30 days, as the 2019 platform did.
const DefaultRetention = 30 * 24 * time.Hour

// Auditor asks questions of one store.
type Auditor struct {
	Store *store.Store
	// Numbers is how records were told apart; needed for the vendor's lists.
	Numbers *number.Normaliser
	// Plan is the numbering plan; the zero plan knows nothing, and then a dialled
	// number that the directory does not know counts as an access number.
	Plan *number.Plan
	// Probes are the numbers of our own calls, as records carry them.
	Probes []string
	// Zone in whose days a statement is told; default UTC, which is then noted.
	Zone *time.Location
	// Retention of messages on the platform; default [DefaultRetention].
	Retention time.Duration
	// Took is told after every question how long it kept the engine; may be nil.
	Took func(question string, took time.Duration)
	// Detectors, in any order; default [Detectors].
	Detectors []Detector
	// Progress is told how many days of how many are done; may be nil.
	Progress func(step string, done, all int)
}

func (a *Auditor) retention() time.Duration {
	if a.Retention == 0 {
		return DefaultRetention
	}
	return a.Retention
}

func (a *Auditor) zone() *time.Location {
	if a.Zone == nil {
		return time.UTC
	}
	return a.Zone
}

func (a *Auditor) detectors() []Detector {
	if a.Detectors == nil {
		return Detectors()
	}
	return a.Detectors
}

// exec runs an INSERT ... SELECT, which may touch many days.
func (a *Auditor) exec(ctx context.Context, query string, args ...any) error {
	defer a.took(query, time.Now())
	return a.Store.DB.Exec(chgo.Context(ctx, chgo.WithSettings(chgo.Settings{"max_partitions_per_insert_block": 0})), query, args...)
}

func (a *Auditor) took(query string, begun time.Time) {
	if a.Took != nil {
		a.Took(query, time.Since(begun))
	}
}

func (a *Auditor) progress(step string, done, all int) {
	if a.Progress != nil {
		a.Progress(step, done, all)
	}
}

// named is a server-side query parameter, written {name:Type} in the SQL.
func named(name string, value any) driver.NamedValue { return chgo.Named(name, value) }

// each runs a query and calls f for every row with the row's Scan.
func (a *Auditor) each(ctx context.Context, what, query string, f func(scan func(...any) error) error, args ...any) error {
	defer a.took(query, time.Now())
	rows, err := a.Store.DB.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Verdict of a session, as the README's table of words has them.
type Verdict string

// The verdicts. The exposing ones stand first, strongest first.
const (
	PlaybackConfirmed Verdict = "playback-confirmed"
	MailboxOpened     Verdict = "mailbox-opened"
	PlaybackSuspected Verdict = "playback-suspected"
	NotExcluded       Verdict = "not-excluded"
	DepositLogged     Verdict = "deposit-logged"

	OwnerAccess     Verdict = "owner-access"
	NoMessageAtRisk Verdict = "no-message-at-risk"
	Misdelivered    Verdict = "misdelivered"
	Probe           Verdict = "probe"
	OutOfWindow     Verdict = "out-of-window"
	OutOfScope      Verdict = "out-of-scope"
	NoVoicemail     Verdict = "no-voicemail"
)

// Verdicts lists them all, strongest first.
var Verdicts = []Verdict{
	PlaybackConfirmed, MailboxOpened, PlaybackSuspected, NotExcluded, DepositLogged,
	OwnerAccess, NoMessageAtRisk, Misdelivered, Probe, OutOfWindow, OutOfScope, NoVoicemail,
}

// Exposing lists the verdicts that put a mailbox on the list, strongest first.
var Exposing = Verdicts[:5]

// Exposes reports whether the verdict puts its mailbox on the list.
func (v Verdict) Exposes() bool { return slices.Contains(Exposing, v) }

// strength orders exposing verdicts: 0 is the strongest.
func (v Verdict) strength() int { return slices.Index(Verdicts, v) }
