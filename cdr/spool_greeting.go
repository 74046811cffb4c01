package cdr

import (
	"crypto/sha256"
	"io"
	"io/fs"
	"path"
	"time"
)

// sound is a sound file: a greeting.
type sound struct {
	box, name, path string
	size            int64
	modified        time.Time
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
