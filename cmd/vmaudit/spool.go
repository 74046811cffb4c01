package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"vmaudit/cdr"
)

func spoolCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:      "spool",
		Usage:     "list an Asterisk voicemail spool as CSV, without any sound, to be imported elsewhere",
		ArgsUsage: "DIR",
		Description: `DIR is the folder that has the contexts, such as /var/spool/asterisk/voicemail.
Only metadata and file times are listed; import reads such a folder by itself.
The listing has callers' numbers in clear, as a CDR has: keep it as you keep that.`,
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usagef("see vmaudit spool --help", "spool takes one folder")
			}
			return t.listSpool(c.Context, c.Args().First(), t.stdout)
		},
	}
}

// listSpool writes the listing and tells what is in it.
func (t *tool) listSpool(ctx context.Context, dir string, out io.Writer) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	n, err := cdr.ListSpool(ctx, out, root.FS(), time.Now())
	if err != nil {
		return fmt.Errorf("%q: %w", dir, err)
	}
	t.sayf("%s is a voicemail spool: %d mailboxes, %d messages, %d of them no longer among the new ones, %d greetings that are a message", dir, n.Mailboxes, n.Messages, n.Moved, n.Greetings)
	if n.TimesLost {
		t.sayf("%s: the file times are not those of the system: when messages were listened to is not known; copy the folder with rsync -a, cp -a or tar", dir)
	}
	if n.TimesUnchecked && !n.TimesLost && n.Moved > 0 {
		t.sayf("%s: no new message is there to check the file times by: make sure that the folder was copied with them (rsync -a, cp -a, tar)", dir)
	}
	if n.Links > 0 {
		t.sayf("%s: %d links were not followed, and what they lead to is not listed: list it by itself", dir, n.Links)
	}
	if n.Unread > 0 {
		t.sayf("%s: the metadata of %d messages do not say when they were left", dir, n.Unread)
	}
	if n.Gone > 0 {
		t.sayf("%s: %d files vanished while they were listed: list it again when the system is quiet", dir, n.Gone)
	}
	return nil
}

// folderIs asks what a folder is; one that cannot be opened is nothing.
func folderIs(dir string, what func(fs.FS) bool) bool {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false
	}
	defer root.Close()
	return what(root.FS())
}

// spoolFormat is the format of listings.
const spoolFormat = "asterisk-spool"

// spool imports a folder that is a voicemail spool.
func (i *importer) spool(ctx context.Context, dir string) error {
	format, err := i.registry.Lookup(spoolFormat)
	if err != nil {
		return err
	}
	f, err := unnamed(func(f *os.File) error { return i.listSpool(ctx, dir, f) })
	if err != nil {
		return err
	}
	defer f.Close()
	return i.keep(ctx, printable(dir), f, format)
}
