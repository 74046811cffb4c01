package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"

	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

// config is the file that --config names. Unknown keys are errors.
type config struct {
	// DB is used when --db and VMAUDIT_DB are not.
	DB string `yaml:"db"`
	// KeyFile holds the deployment key; default vmaudit/deployment.key in the
	// user's configuration directory.
	KeyFile string `yaml:"key_file"`
	// Memory caps the embedded engine, in MB; default half of the machine.
	Memory uint64 `yaml:"memory_mb"`
	// Zone is the deployment's time zone, in whose days statements are told; default
	// UTC, which is then noted.
	Zone string `yaml:"zone"`
	// RetentionDays is how long the platform keeps a message; default 30.
	RetentionDays int `yaml:"message_retention_days"`
	// Numbering is the numbering plan.
	Numbering *number.Plan `yaml:"numbering"`
	// Probes are the numbers that our own calls present.
	Probes []string `yaml:"probes"`
	// Formats and Detectors are folders with files of the user's own.
	Formats   string `yaml:"formats"`
	Detectors string `yaml:"detectors"`
}

// minMemory is what the embedded engine needs to start and answer, in MB.
const minMemory = 512

// longestKey is more than any key of the configuration has.
const longestKey = 40

// yamlFault tells line and fault without the file's text: it may hold passwords, or
// be another file altogether.
func yamlFault(err error) string {
	var fault yaml.Error
	if !errors.As(err, &fault) {
		return "it is not a configuration"
	}
	line := 0
	if token := fault.GetToken(); token != nil && token.Position != nil {
		line = token.Position.Line
	}
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) && len(unknown.GetMessage()) <= longestKey {
		return fmt.Sprintf("line %d: %s", line, unknown.GetMessage())
	}
	return fmt.Sprintf("line %d: this is not understood: keys and their values are in docs/configuration.md", line)
}

func readConfig(name string) (*config, error) {
	c := &config{}
	if name == "" {
		return c, nil
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	err = yaml.NewDecoder(bytes.NewReader(content), yaml.DisallowUnknownField()).Decode(c)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("configuration %q: %s", name, yamlFault(err))
	}
	if err := c.Numbering.Validate(); err != nil {
		return nil, fmt.Errorf("configuration %q: %w", name, err)
	}
	// What a file names lies beside it, wherever it is read from.
	for _, path := range []*string{&c.KeyFile, &c.Formats, &c.Detectors} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(filepath.Dir(name), *path)
		}
	}
	if c.Memory != 0 && c.Memory < minMemory {
		return nil, fmt.Errorf("configuration %q: memory_mb is %d, the engine needs %d at least", name, c.Memory, minMemory)
	}
	if _, err := c.zone(); err != nil {
		return nil, fmt.Errorf("configuration %q: %v", name, err) // no mistake on the command line
	}
	if c.RetentionDays < 0 {
		return nil, fmt.Errorf("configuration %q: message_retention_days is %d, below zero", name, c.RetentionDays)
	}
	return c, nil
}

// zone is nil when none is named.
func (c *config) zone() (*time.Location, error) {
	if c.Zone == "" {
		return nil, nil
	}
	return namedZone(c.Zone)
}

func (c *config) retention() time.Duration {
	return time.Duration(c.RetentionDays) * 24 * time.Hour
}

// keyFile returns where the deployment key is, and makes its folder.
func (c *config) keyFile() (string, error) {
	if c.KeyFile != "" {
		return c.KeyFile, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("%w: name a file for the deployment key with key_file in --config", err)
	}
	dir = filepath.Join(dir, "vmaudit")
	return filepath.Join(dir, "deployment.key"), os.MkdirAll(dir, 0o700)
}

// database returns what to open: flag or environment, then file, then a folder
// under the user's data directory (XDG base directories).
func (c *config) database(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if c.DB != "" {
		return c.DB, nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "vmaudit"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("%w: name a database with --db", err)
	}
	return filepath.Join(home, ".local", "share", "vmaudit"), nil
}

// headFile is where the head of the database's access log is kept: beside the
// key, under the id that the database keeps wherever its directory is moved.
func headFile(ctx context.Context, s *store.Store, keyFile string) (string, error) {
	id, err := s.ID(ctx)
	if err != nil {
		return "", fmt.Errorf("asking for the id of the database: %w", err)
	}
	return filepath.Join(filepath.Dir(keyFile), "access-log-"+id+".head"), nil
}
