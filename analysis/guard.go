package analysis

import (
	"context"
	"slices"
	"strings"

	"vmaudit/internal/store"
)

// guard knows whom the directory protects: who is counted and never shown.
type guard struct {
	holders    []store.Holder
	extensions map[string]bool
	boxes      map[string]bool
	numbers    map[string]bool // as callers
}

func (a *Auditor) protected(ctx context.Context) (*guard, error) {
	holders, err := a.Store.Holders(ctx)
	if err != nil {
		return nil, err
	}
	g := &guard{holders: holders, extensions: map[string]bool{}, boxes: map[string]bool{}, numbers: map[string]bool{}}
	for _, h := range holders {
		if !h.Protected {
			continue
		}
		g.extensions[h.Extension], g.boxes[base(h.Mailbox)] = true, true
		for _, number := range slices.Concat(h.Called, h.Calling) {
			g.numbers[number] = true
		}
	}
	return g, nil
}

// base is a mailbox's number without its context.
func base(mailbox string) string {
	number, _, _ := strings.Cut(mailbox, "@")
	return number
}

// mailboxesOf returns the mailboxes of an extension, itself among them: one that
// the directory does not know is its own.
func (g *guard) mailboxesOf(extension string) []string {
	boxes := []string{extension}
	for _, h := range g.holders {
		if h.Extension == extension && !slices.Contains(boxes, h.Mailbox) {
			boxes = append(boxes, h.Mailbox)
		}
	}
	return boxes
}

// hide takes protected people out of a session at somebody else's mailbox.
func (g *guard) hide(s Session) Session {
	if g.extensions[s.Dialled] {
		s.Dialled = maskedExtension
	}
	if g.numbers[s.Caller] {
		s.Caller = maskedExtension
	}
	s.Reasons = g.hideReasons(s.Reasons)
	for i := range s.Messages {
		m := &s.Messages[i]
		m.File = g.hidePath(m.File)
		if g.numbers[m.Depositor] {
			m.Depositor = maskedExtension
		}
	}
	return s
}

// hideRecord does the same for one record of a session's call.
func (g *guard) hideRecord(r Evidence) Evidence {
	if g.boxes[base(r.Mailbox)] {
		r.Mailbox, r.Messages = maskedExtension, nil
	}
	for i, path := range r.Messages {
		r.Messages[i] = g.hidePath(path)
	}
	return r
}

func (g *guard) hideReasons(codes []string) []string {
	return maskReasons(codes, func(ext string) bool { return g.extensions[ext] })
}

// hidePath masks a message's path that names a protected mailbox.
func (g *guard) hidePath(path string) string {
	if slices.ContainsFunc(strings.Split(path, "/"), func(part string) bool { return g.boxes[base(part)] }) {
		return maskedExtension
	}
	return path
}

// ends reports whether a number ends in a protected extension, as a code that
// leads to its mailbox does.
func (g *guard) ends(number string) bool {
	for ext := range g.extensions {
		if strings.HasSuffix(strings.TrimRight(number, "#"), ext) {
			return true
		}
	}
	return false
}
