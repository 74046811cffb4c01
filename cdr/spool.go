package cdr

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
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
		for _, folder := range []string{"INBOX", "Old"} {
			if _, err := fs.Stat(root, path.Join(name, folder)); err == nil {
				return true
			}
		}
		return levels > 1 && mailboxBelow(root, name, levels-1)
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

// sound is a sound file: a greeting.
type sound struct {
	box, name, path string
	size            int64
	modified        time.Time
}

// message is one stored message.
type message struct {
	box, folder string
	base        string // its files' path without the ending
	modified    time.Time
	fields      map[string]string
	sounds      []fs.DirEntry // one per sound format
	sound       sound         // the one that has the size of a greeting's
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

func (l *spoolLister) greeting(box, name, file string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil || info.Size() == 0 {
		return l.passes(err)
	}
	l.greetings = append(l.greetings, sound{box, name, file, info.Size(), info.ModTime()})
	l.sizes[info.Size()] = true
	return nil
}

// lostBy is how far the time of a file may be from the end of its message. A
// spool of which most are farther off was copied without its times.
const lostBy = time.Minute

// timesChecked is how many new messages tell whether file times were kept.
const timesChecked = 500

// timesKept compares the file times of new messages with the ends of their
// recordings, which their metadata tell. Without a new message it believes them.
func (l *spoolLister) timesKept() (bool, error) {
	near, far := 0, 0
	for _, box := range l.inboxes {
		if near+far >= timesChecked {
			break
		}
		err := l.messages(box, "INBOX", func(m message) error {
			end, ok := m.end()
			switch {
			case !ok:
			case m.modified.Sub(end).Abs() <= lostBy:
				near++
			default:
				far++
			}
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	if near+far > 0 {
		return near >= far, nil
	}
	l.count.TimesUnchecked = true
	bunched, err := l.bunched()
	return !bunched, err
}

// bunchedIn is the time within which nobody listens to the messages of several
// mailboxes, but a copy is made.
const bunchedIn = 3 * time.Second

// bunched reports whether messages of several mailboxes were all moved at once.
func (l *spoolLister) bunched() (bool, error) {
	boxes, n := map[string]bool{}, 0
	var first, last time.Time
	for _, box := range l.boxes[:min(len(l.boxes), timesChecked)] {
		if _, err := fs.Stat(l.root, path.Join(box, "Old")); err != nil {
			continue
		}
		err := l.messages(box, "Old", func(m message) error {
			if n == 0 || m.modified.Before(first) {
				first = m.modified
			}
			if m.modified.After(last) {
				last = m.modified
			}
			boxes[box] = true
			n++
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	return len(boxes) > 1 && n > 2 && last.Sub(first) <= bunchedIn, nil
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

// messages reads the metadata of every message in a folder.
func (l *spoolLister) messages(box, folder string, each func(message) error) error {
	dir := path.Join(box, folder)
	files, err := fs.ReadDir(l.root, dir)
	if err := l.passes(err); err != nil {
		return err
	}
	sounds := map[string][]fs.DirEntry{}
	for _, file := range files {
		if name := soundFile.FindStringSubmatch(file.Name()); name != nil && name[2] != "txt" && file.Type().IsRegular() {
			sounds[name[1]] = append(sounds[name[1]], file)
		}
	}
	for _, file := range files {
		name := soundFile.FindStringSubmatch(file.Name())
		if name == nil || name[2] != "txt" || !file.Type().IsRegular() {
			continue
		}
		m, err := l.read(file, message{box: box, folder: folder, base: path.Join(dir, name[1]), sounds: sounds[name[1]]})
		if err := l.passes(err); err != nil {
			return err
		}
		if m == nil {
			continue
		}
		if err := each(*m); err != nil {
			return err
		}
	}
	return nil
}

// metadataLimit is more than a msgNNNN.txt has.
const metadataLimit = 64 << 10

// read adds what the message's metadata say.
func (l *spoolLister) read(file fs.DirEntry, m message) (*message, error) {
	info, err := file.Info()
	if err != nil {
		return nil, err
	}
	f, err := l.root.Open(m.base + ".txt")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, metadataLimit))
	m.modified, m.fields = info.ModTime(), metadata(text)
	return &m, err
}

// metadata reads the fields of a msgNNNN.txt.
func metadata(text []byte) map[string]string {
	fields := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok {
			fields[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return fields
}

// begin is when the caller began to speak.
func (m *message) begin() (time.Time, bool) {
	seconds, err := strconv.ParseInt(m.fields["origtime"], 10, 64)
	return time.Unix(seconds, 0), err == nil && seconds > 0
}

// end is when the caller ended.
func (m *message) end() (time.Time, bool) {
	begin, ok := m.begin()
	seconds, err := strconv.Atoi(m.fields["duration"])
	return begin.Add(time.Duration(seconds) * time.Second), ok && err == nil && seconds >= 0
}

// id names the message wherever it is moved to: Asterisk's msg_id, or a like name
// made of when and on which channel it was left.
func (m *message) id() string {
	if id := m.fields["msg_id"]; id != "" {
		return id
	}
	if channel := channelCounter.FindStringSubmatch(m.fields["callerchan"]); channel != nil {
		return m.fields["origtime"] + "-" + channel[1][:8]
	}
	return ""
}

var channelCounter = regexp.MustCompile(`-([0-9a-f]{8}(?:;[0-9])?)$`)

// message writes that it was left, and that it was moved if it was.
func (l *spoolLister) message(m message) error {
	l.count.Messages++
	begin, ok := m.begin()
	if !ok {
		l.count.Unread++
	}
	if err := l.remember(m); err != nil {
		return err
	}
	left := map[string]string{
		"event": "left", "at": epoch(begin, ok), "path": place(m.origin(), ""), "message": m.id(),
		"origmailbox": m.fields["origmailbox"], "exten": m.fields["exten"], "rdnis": known(m.fields["rdnis"]),
		"callerid": known(m.fields["callerid"]), "channel": m.fields["callerchan"],
	}
	if end, ok := m.end(); ok {
		left["until"] = epoch(end, true)
	}
	if err := l.write(left); err != nil || m.folder == "INBOX" || m.folder == "Urgent" {
		return err
	}
	l.count.Moved++
	// Nobody can have listened before it was left, or after it was listed.
	kept := !l.count.TimesLost && ok && !m.modified.Before(begin) && !m.modified.After(l.seen)
	return l.write(map[string]string{"event": "moved", "at": epoch(m.modified, kept), "path": place(m.box, m.folder), "message": m.id()})
}

// origin is the mailbox in which the message was left; a colleague may have
// forwarded it since.
func (m *message) origin() string {
	if name := m.fields["origmailbox"]; name != "" && name != path.Base(m.box) {
		return path.Join(path.Dir(m.box), name)
	}
	return m.box
}

// remember keeps the message once per sound that can be a greeting's.
func (l *spoolLister) remember(m message) error {
	for _, file := range m.sounds {
		info, err := file.Info()
		if err := l.passes(err); err != nil {
			return err
		}
		if info != nil && l.sizes[info.Size()] {
			m.sound = sound{path: path.Join(path.Dir(m.base), file.Name()), size: info.Size(), modified: info.ModTime()}
			l.sounds[info.Size()] = append(l.sounds[info.Size()], m)
		}
	}
	return nil
}

// compareGreetings writes which greetings have become a message, once per
// greeting and message, whatever sound formats there are.
func (l *spoolLister) compareGreetings() error {
	written := map[string]bool{}
	for _, g := range l.greetings {
		for _, m := range l.sounds[g.size] {
			key := g.box + "/" + g.name + "=" + m.base
			if written[key] {
				continue
			}
			same, err := l.same(g.path, m.sound.path)
			if err := l.passes(err); err != nil {
				return err
			}
			if !same {
				continue
			}
			written[key] = true
			l.count.Greetings++
			if err := l.writeGreeting(g, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *spoolLister) writeGreeting(g sound, m message) error {
	event, dated := "greeting", true
	// A copy that kept the message's own time does not tell when it was made.
	if l.count.TimesLost || g.modified.Equal(m.sound.modified) {
		event = "greeting-undated"
		g.modified, dated = m.end()
	}
	return l.write(map[string]string{
		"event": event, "at": epoch(g.modified, dated), "until": epoch(l.seen, true),
		"path": place(g.box, g.name), "same_as": place(m.box, m.folder) + "/" + m.id(),
	})
}

// same compares two sounds.
func (l *spoolLister) same(a, b string) (bool, error) {
	x, err := l.hash(a)
	if err != nil {
		return false, err
	}
	y, err := l.hash(b)
	return x == y, err
}

func (l *spoolLister) hash(name string) (sum [32]byte, err error) {
	f, err := l.root.Open(name)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return [32]byte(h.Sum(nil)), err
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
