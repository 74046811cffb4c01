package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"

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
	bar_    *progressbar.ProgressBar
	step    string
}

// enter opens everything that a command needs, and calls do with it.
func (t *tool) enter(c *cli.Context, do func(context.Context, *house) error) (err error) {
	h := &house{tool: t}
	if h.config, err = readConfig(c.String("config")); err != nil {
		return err
	}
	db, database, err := h.openDatabase(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	keyFile, err := h.config.keyFile()
	if err != nil {
		return err
	}
	key, err := number.LoadKey(keyFile)
	if err != nil {
		return err
	}
	h.db = db
	if h.store, err = store.Open(c.Context, db, key); err != nil {
		return err
	}
	h.numbers = number.NewNormaliser(h.config.Numbering, key)
	h.log = &access.Log{DB: db, Key: key, Head: headFile(keyFile, database), User: currentUser()}
	if err := h.hireAuditor(); err != nil {
		return err
	}
	return do(c.Context, h)
}

func (h *house) openDatabase(c *cli.Context) (*clickhouse.DB, string, error) {
	dsn, err := h.config.database(c.String("db"))
	if err != nil {
		return nil, "", err
	}
	if !strings.Contains(dsn, "://") {
		if dsn, err = filepath.Abs(dsn); err != nil {
			return nil, "", err
		}
	}
	db, err := clickhouse.Open(c.Context, dsn, clickhouse.Options{Memory: h.config.Memory << 20})
	return db, dsn, err
}

func (h *house) hireAuditor() error {
	h.auditor = &analysis.Auditor{Store: h.store, Plan: h.config.Numbering, Retention: h.config.retention(), Progress: h.progress}
	for _, p := range h.config.Probes {
		h.auditor.Probes = append(h.auditor.Probes, h.numbers.Party(p).ID)
	}
	if h.config.Detectors == "" {
		return nil
	}
	own, err := analysis.ReadDetectors(os.DirFS(h.config.Detectors))
	h.auditor.Detectors = append(analysis.Detectors(), own...)
	return err
}

// formats are those that come with vmaudit and those in the user's own folder.
func (c *config) formats() (*cdr.Registry, error) {
	var own []fs.FS
	if c.Formats != "" {
		own = append(own, os.DirFS(c.Formats))
	}
	return cdr.Formats(own...)
}

// progress shows the steps of an audit.
func (h *house) progress(step string, done, all int) {
	if step != h.step {
		h.step, h.bar_ = step, h.bar(step, int64(all), false)
	}
	if h.bar_ != nil {
		_ = h.bar_.Set(done)
	}
}

func currentUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "uid " + os.Getenv("UID")
}
