package cdr

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A spool is the folder in which Asterisk's app_voicemail keeps messages:
// CONTEXT/MAILBOX/FOLDER/msgNNNN.txt beside the sound, and the greetings in
// CONTEXT/MAILBOX. [ListSpool] writes what it shows as CSV, which the format
// asterisk-spool reads. Sound is compared, never copied.

// spoolColumns are the columns of a listing; formats/asterisk-spool.yaml reads them.
var spoolColumns = []string{"event", "at", "until", "path", "message", "same_as", "origmailbox", "exten", "rdnis", "callerid", "channel"}

// SpoolCount says what a listing found.
type SpoolCount struct {
	Mailboxes int
	Messages  int
	// Moved are those that somebody has listened to, saved or deleted.
	Moved int
	// Greetings are greeting files whose sound is a message's.
	Greetings int
	// Unread are messages whose metadata says too little; they are in the
	// listing as lines that cannot be read. Gone vanished while it was made.
	Unread, Gone int
	// Links were not followed: what they lead to is not in the listing.
	Links int
	// TimesUnchecked says that no new message was there to check the file
	// times by.
	TimesUnchecked bool
	// TimesLost says that the folder's file times are not those of the
	// system: it was copied without them. When somebody listened is then not
	// known, and those lines cannot be read.
	TimesLost bool
}

// IsSpool reports whether root is a voicemail spool, or one context of one.
func IsSpool(root fs.FS) bool { return mailboxBelow(root, ".", 2) }

// InSpool reports whether root belongs to the spool around it: it is a context, or
// a mailbox.
func InSpool(root fs.FS) bool { return isMailbox(root, ".") || mailboxBelow(root, ".", 1) }

// mailboxBelow looks for a mailbox so many levels below a folder. It opens folders
// only: a pipe would wait for its writer.
func mailboxBelow(root fs.FS, dir string, levels int) bool {
	entries, err := fs.ReadDir(root, dir)
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		if e.Type().IsRegular() {
			return false
		}
		name := path.Join(dir, e.Name())
		info, err := fs.Stat(root, name)
		if err != nil || !info.IsDir() {
			return false
		}
		return isMailbox(root, name) || levels > 1 && mailboxBelow(root, name, levels-1)
	})
}

func isMailbox(root fs.FS, dir string) bool {
	return slices.ContainsFunc([]string{"INBOX", "Old"}, func(folder string) bool {
		_, err := fs.Stat(root, path.Join(dir, folder))
		return err == nil
	})
}

// ListSpool lists a spool, read at the time seen. It ends early with ctx's error
// or when w fails. A file that vanishes meanwhile is counted, not an error.
func ListSpool(ctx context.Context, w io.Writer, root fs.FS, seen time.Time) (SpoolCount, error) {
	l := &spoolLister{ctx: ctx, root: root, seen: seen, out: csv.NewWriter(w), sizes: map[int64]bool{}, sounds: map[int64][]message{}}
	if err := l.all(); err != nil {
		return l.count, fmt.Errorf("listing the voicemail spool: %w", err)
	}
	return l.count, nil
}

type spoolLister struct {
	ctx   context.Context
	root  fs.FS
	seen  time.Time
	out   *csv.Writer
	count SpoolCount

	boxes     []string // paths of mailboxes
	inboxes   []string // those with new messages
	greetings []sound
	sizes     map[int64]bool      // of greetings
	sounds    map[int64][]message // whose sound has the size of a greeting's
}

func (l *spoolLister) all() error {
	if err := l.out.Write(spoolColumns); err != nil {
		return err
	}
	if err := l.findBoxes(); err != nil {
		return err
	}
	if len(l.boxes) == 0 {
		return errors.New("no mailbox (a folder with INBOX or Old in it) is there: name the folder that has the contexts, such as /var/spool/asterisk/voicemail")
	}
	kept, err := l.timesKept()
	if err != nil {
		return err
	}
	l.count.TimesLost = !kept
	for _, box := range l.boxes {
		if err := l.mailbox(box); err != nil {
			return err
		}
	}
	if err := l.compareGreetings(); err != nil {
		return err
	}
	l.out.Flush()
	return l.out.Error()
}

var (
	soundFile    = regexp.MustCompile(`^(msg\d{4,6})\.(\w+)$`)
	metadataFile = regexp.MustCompile(`^msg\d{4,6}\.txt$`)
	greetingFile = regexp.MustCompile(`^(unavail|busy|temp|greet)\.\w+$`)
)

// findBoxes walks the tree for mailboxes and their greetings.
func (l *spoolLister) findBoxes() error {
	err := fs.WalkDir(l.root, ".", func(name string, d fs.DirEntry, err error) error {
		if err := l.passes(err); err != nil || d == nil {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			l.count.Links++
		}
		dir := path.Dir(name)
		switch {
		case d.IsDir() && (d.Name() == "INBOX" || d.Name() == "Old"):
			l.box(dir)
		case metadataFile.MatchString(d.Name()):
			l.box(path.Dir(dir))
		}
		if d.IsDir() && d.Name() == "INBOX" && dir != "." {
			l.inboxes = append(l.inboxes, dir)
		}
		if m := greetingFile.FindStringSubmatch(d.Name()); m != nil && d.Type().IsRegular() {
			return l.greeting(dir, m[1], name, d)
		}
		return nil
	})
	l.count.Mailboxes = len(l.boxes)
	return err
}

// box notes a mailbox; the walk goes through one after the other.
func (l *spoolLister) box(dir string) {
	if dir != "." && (len(l.boxes) == 0 || l.boxes[len(l.boxes)-1] != dir) {
		l.boxes = append(l.boxes, dir)
	}
}

// passes tells which errors of a tree that lives end the listing: what vanished
// since it was seen does not.
func (l *spoolLister) passes(err error) error {
	if l.ctx.Err() != nil {
		return l.ctx.Err()
	}
	if errors.Is(err, fs.ErrNotExist) {
		l.count.Gone++
		return nil
	}
	return err
}

func (l *spoolLister) mailbox(box string) error {
	folders, err := fs.ReadDir(l.root, box)
	if err := l.passes(err); err != nil {
		return err
	}
	for _, folder := range folders {
		// In tmp lie recordings that go on.
		if !folder.IsDir() || folder.Name() == "tmp" {
			continue
		}
		if err := l.messages(box, folder.Name(), l.message); err != nil {
			return err
		}
	}
	return nil
}

func (l *spoolLister) write(row map[string]string) error {
	line := make([]string, len(spoolColumns))
	for i, name := range spoolColumns {
		line[i] = row[name]
	}
	return l.out.Write(line)
}

// place is CONTEXT/MAILBOX or CONTEXT/MAILBOX/FOLDER. A tree that begins with
// mailboxes is one context, taken for the default one.
func place(box, folder string) string {
	context := path.Base(path.Dir(box))
	if context == "." || context == "/" {
		context = "default"
	}
	return path.Join(context, path.Base(box), folder)
}

// epoch is a time as Unix seconds with milliseconds, "" for none.
func epoch(t time.Time, ok bool) string {
	if !ok {
		return ""
	}
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64)
}

// known is empty for what Asterisk writes in place of nothing.
func known(value string) string {
	if strings.EqualFold(value, "unknown") {
		return ""
	}
	return value
}
