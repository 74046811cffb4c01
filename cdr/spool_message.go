package cdr

import (
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// message is one stored message.
type message struct {
	box, folder string
	base        string // its files' path without the ending
	modified    time.Time
	fields      map[string]string
	sounds      []fs.DirEntry // one per sound format
	sound       sound         // the one that has the size of a greeting's
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
