package cdr

import (
	"io/fs"
	"path"
	"time"
)

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
