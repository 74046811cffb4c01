package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v2"

	"vmaudit/analysis"
	"vmaudit/cdr"
	"vmaudit/internal/access"
	"vmaudit/internal/clickhouse"
	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

// house is the open database with everything around it.
type house struct {
	*tool
	config  *config
	db      *clickhouse.DB
	store   *store.Store
	numbers *number.Normaliser
	auditor *analysis.Auditor
	log     *access.Log

	step  string // of an audit, and its bar
	steps *progressbar.ProgressBar
}

// enter opens everything that a command needs, and calls do with it.
func (t *tool) enter(c *cli.Context, do func(context.Context, *house) error) (err error) {
	h := &house{tool: t}
	if h.config, err = readConfig(c.String("config")); err != nil {
		return err
	}
	if h.db, err = h.openDatabase(c); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.db.Close()) }()
	if err := h.openStore(c.Context); err != nil {
		return err
	}
	if err := h.setAuditor(); err != nil {
		return err
	}
	return do(c.Context, h)
}

// openStore loads the deployment key, and makes one only for a database that was
// not filled with another.
func (h *house) openStore(ctx context.Context) error {
	keyFile, err := h.config.keyFile()
	if err != nil {
		return err
	}
	filledWith, err := store.Prepare(ctx, h.db)
	if err != nil {
		return err
	}
	if _, err := os.Stat(keyFile); errors.Is(err, fs.ErrNotExist) && len(filledWith) > 0 {
		return fmt.Errorf("deployment key %q is not there, and the database was filled with key %q: name the right file with key_file in --config", keyFile, filledWith)
	}
	key, err := number.LoadKey(keyFile)
	if err != nil {
		return err
	}
	if h.store, err = store.Open(ctx, h.db, key); err != nil {
		return err
	}
	h.numbers = number.NewNormaliser(h.config.Numbering, key)
	head, err := headFile(ctx, h.store, keyFile)
	h.log = &access.Log{DB: h.db, Key: key, Head: head, User: currentUser()}
	return err
}

func (h *house) openDatabase(c *cli.Context) (*clickhouse.DB, error) {
	dsn, err := h.config.database(c.String("db"))
	if err != nil {
		return nil, err
	}
	return clickhouse.Open(c.Context, dsn, clickhouse.Options{Memory: h.config.Memory << 20})
}

func (h *house) setAuditor() error {
	h.auditor = &analysis.Auditor{Store: h.store, Numbers: h.numbers, Plan: h.config.Numbering, Retention: h.config.retention(), Progress: h.progress}
	var err error
	if h.auditor.Zone, err = h.config.zone(); err != nil {
		return err
	}
	for _, p := range h.config.Probes {
		h.auditor.Probes = append(h.auditor.Probes, h.numbers.Party(p).ID)
	}
	if h.config.Detectors == "" {
		return nil
	}
	own, err := analysis.ReadDetectors(os.DirFS(h.config.Detectors))
	if err != nil {
		return fmt.Errorf("detectors of %q: %w", h.config.Detectors, err)
	}
	h.auditor.Detectors, err = analysis.WithDetectors(own)
	return err
}

// formats are those that come with vmaudit and those in the user's own folder.
func (c *config) formats() (*cdr.Registry, error) {
	var own []fs.FS
	if c.Formats != "" {
		if _, err := os.Stat(c.Formats); err != nil {
			return nil, fmt.Errorf("formats: %w", err)
		}
		own = append(own, os.DirFS(c.Formats))
	}
	return cdr.Formats(own...)
}

// progress shows the steps of an audit.
func (h *house) progress(step string, done, all int) {
	if step != h.step {
		h.step, h.steps = step, h.bar(step, int64(all), false)
	}
	if h.steps != nil {
		_ = h.steps.Set(done)
	}
}

// currentUser is the account, by its number: names and variables can be borrowed.
func currentUser() string {
	id := strconv.Itoa(os.Getuid())
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "uid " + id
}
