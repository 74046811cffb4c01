package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // named zones on machines that have none
	"unicode"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v2"

	"vmaudit/cdr"
	"vmaudit/internal/store"
)

func importCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:      "import",
		Usage:     "store call records and voicemail logs",
		ArgsUsage: "FILE|DIR|- ...",
		Description: `The same file twice stores nothing new. An import that was cut off is run
again with the same command. Lines that cannot be read are kept, sealed, and
listed by vmaudit imports --rejects: so is a last line without a line break,
until the file is imported whole.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Value: "auto", Usage: "format of the files, see vmaudit formats; auto decides by content"},
			&cli.StringFlag{Name: "system", Usage: "`NAME` of the phone system that wrote the files (required)"},
			&cli.StringFlag{Name: "zone", Usage: "time zone of local times, such as Europe/Stockholm, or UTC"},
		},
		Action: func(c *cli.Context) error {
			if c.String("system") == "" {
				return usagef("see vmaudit import --help", "import needs --system NAME: call keys are unique within a system only")
			}
			if !c.Args().Present() {
				return usagef("see vmaudit import --help", "import needs a file, a folder, or - for standard input")
			}
			if strings.ContainsFunc(c.String("system"), unicode.IsControl) {
				return usagef("", "system %q has control characters", c.String("system"))
			}
			zone, err := zoneFlag(c)
			if err != nil {
				return err
			}
			return t.enter(c, func(ctx context.Context, h *house) error {
				i := &importer{house: h, system: c.String("system"), format: c.String("format"), zone: zone}
				return i.all(ctx, c.Args().Slice())
			})
		},
	}
}

func zoneFlag(c *cli.Context) (*time.Location, error) {
	name := c.String("zone")
	if name == "" {
		return nil, nil
	}
	return namedZone(name)
}

func namedZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, usagef("give a name such as Europe/Stockholm, or UTC", "time zone %q is not known", name)
	}
	return zone, nil
}

// importer is one run of the command.
type importer struct {
	*house
	system, format string
	zone           *time.Location
	registry       *cdr.Registry

	files, unknown int
	failed         []error
}

func (i *importer) all(ctx context.Context, args []string) (err error) {
	if i.registry, err = i.config.formats(); err != nil {
		return err
	}
	for _, arg := range args {
		if err := i.argument(ctx, arg); err != nil {
			return errors.Join(append(i.failed, err)...)
		}
	}
	if i.unknown > 0 {
		i.sayf("%d files in folders are in no known format and were left out; vmaudit formats check --format NAME FILE tells what does not fit", i.unknown)
	}
	if i.files == 0 && len(i.failed) == 0 {
		return errors.New("no file was imported")
	}
	if len(i.failed) == 0 {
		if err := i.auditor.Derive(ctx); err != nil {
			return err
		}
	}
	return errors.Join(i.failed...)
}

// argument imports a file, every file of a folder, or standard input. A file
// that fails does not keep the others out.
func (i *importer) argument(ctx context.Context, arg string) error {
	if arg == "-" {
		f, err := unnamed(func(f *os.File) error {
			_, err := io.Copy(f, i.stdin)
			return err
		})
		if err != nil {
			return fmt.Errorf("copying standard input to a file in %q (TMPDIR): %w", os.TempDir(), err)
		}
		defer f.Close()
		return i.note(ctx, i.file(ctx, "-", f, false))
	}
	info, err := os.Stat(arg)
	if err != nil {
		return i.note(ctx, err)
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return i.note(ctx, fmt.Errorf("%q is a pipe or a device, and a file is read twice: give its data to vmaudit import -", arg))
	}
	if !info.IsDir() {
		return i.note(ctx, i.path(ctx, arg, false))
	}
	if i.format == spoolFormat {
		return i.note(ctx, i.spool(ctx, arg))
	}
	return i.folder(ctx, arg)
}

// folder imports every file of a folder that is in a known format, and every
// voicemail spool in it.
func (i *importer) folder(ctx context.Context, dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return i.note(ctx, err)
		case strings.HasPrefix(d.Name(), ".") && path != dir:
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return i.inside(ctx, path, path != dir)
		case !isFile(path, d):
			i.sayf("%s is neither a file nor a link to one, and was left out", path)
			return nil
		}
		return i.note(ctx, i.path(ctx, path, true))
	})
}

// inside imports a folder that is a spool, and passes over what belongs to one.
func (i *importer) inside(ctx context.Context, dir string, below bool) error {
	if below && folderIs(filepath.Dir(dir), cdr.IsSpool) && folderIs(dir, cdr.InSpool) {
		return fs.SkipDir
	}
	if i.format == "auto" && folderIs(dir, cdr.IsSpool) {
		return i.note(ctx, i.spool(ctx, dir))
	}
	return nil
}

// isFile reports whether an entry of a folder is a file or a link to one; links to
// folders are not followed, so that there is no way in a circle.
func isFile(path string, d fs.DirEntry) bool {
	if d.Type() != fs.ModeSymlink {
		return d.Type().IsRegular()
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// note keeps a file's error for the end; the end of ctx and a full disk end
// everything.
func (i *importer) note(ctx context.Context, err error) error {
	var path *fs.PathError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, syscall.ENOSPC):
		return err
	case errors.As(err, &path):
		err = fmt.Errorf("%s %q: %w", path.Op, path.Path, path.Err) // a name may hold anything
	}
	if err != nil {
		i.failed = append(i.failed, err)
	}
	return nil
}

func (i *importer) path(ctx context.Context, path string, inFolder bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return i.file(ctx, path, f, inFolder)
}

// unnamed makes a file that has no name and that nobody else can open: an import
// reads twice.
func unnamed(write func(*os.File) error) (*os.File, error) {
	f, err := os.CreateTemp("", "vmaudit-import-*")
	if err != nil {
		return nil, err
	}
	if err = os.Remove(f.Name()); err == nil {
		err = write(f)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (i *importer) file(ctx context.Context, name string, f *os.File, inFolder bool) error {
	name = printable(name) // from here on it is shown and stored
	format, err := i.formatOf(name, f)
	var unknown *unknownFormatError
	if errors.As(err, &unknown) && inFolder && len(unknown.matches) == 0 {
		i.unknown++
		return nil
	}
	if err != nil {
		return err
	}
	return i.keep(ctx, name, f, format)
}

// keep stores a file in a format; the name is shown and stored.
func (i *importer) keep(ctx context.Context, name string, f *os.File, format *cdr.Format) error {
	bar := i.bytesBar(name, f)
	entry, err := i.store.Import(ctx, store.Source{Name: name, File: f}, store.Job{
		System: i.system, Format: format, Zone: i.zone, Numbers: i.numbers,
		Waiting: func() { i.sayf("waiting for another import to end") },
		Progress: func(p store.Progress) {
			if bar != nil {
				bar.Describe(fmt.Sprintf("%s: %d rows", filepath.Base(name), p.Entry.Read))
				_ = bar.Set64(p.Bytes)
			}
		},
	})
	if bar != nil {
		_ = bar.Finish()
	}
	if err != nil {
		return err
	}
	i.files++
	i.report(name, entry, format)
	if entry.Rejected > 0 && entry.Stored+entry.Duplicate == 0 {
		return fmt.Errorf("%q: no row could be read as %s: is that its format", name, format.Name)
	}
	return nil
}

func (i *importer) bytesBar(name string, f *os.File) *progressbar.ProgressBar {
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	return i.bar(filepath.Base(name), info.Size(), true)
}

func (i *importer) report(name string, e store.Entry, f *cdr.Format) {
	if e.Again {
		i.sayf("%s (%s): imported before as %s, %d rows: nothing new", name, e.Format, e.Name, e.Read)
		return
	}
	i.sayf("%s (%s): %d rows read = %d stored + %d duplicate + %d rejected + %d skipped",
		name, e.Format, e.Read, e.Stored, e.Duplicate, e.Rejected, e.Skipped)
	if e.Rejected > 0 {
		i.hintf("vmaudit imports --rejects tells which lines could not be read, and why")
	}
	if f.SeenLive == "" {
		i.sayf("format %s was written from documentation and has not been seen live: check a few sessions by hand", f.Name)
	}
}
