package asterisktest

import (
	"slices"
	"testing"
)

// Check holds the recording against what it was made for: every leak was met, no
// call was exposed where none is, and the ear was sure of what it heard.
func (rec *Recording) Check(t testing.TB) {
	t.Helper()
	for i := range rec.Calls {
		c := &rec.Calls[i]
		checkCall(t, c)
		t.Logf("%s %s: %s at %s (%s), heard %v, other messages %.2f", c.ID, c.Phase, c.Kind, c.Dialled, c.Leak, c.Heard, c.Likeness.Other)
	}
	for _, leak := range Leaks {
		if !slices.ContainsFunc(rec.Calls, func(c Call) bool { return c.Leak == leak && leaked(&c) }) {
			t.Errorf("leak %q was met by no call", leak)
		}
	}
	checkMargin(t, rec)
}

// leaked says that the call shows its leak: by what was heard, or for a
// misdelivery by where the message lies.
func leaked(c *Call) bool {
	switch c.Leak {
	case Misdelivery:
		return c.Left != nil && c.Left.Mailbox != c.Dialled
	case Greeting:
		return len(c.Heard) > 0 && c.Heard[0].Mailbox != c.Mailbox
	}
	return len(c.Heard) > 0
}

// checkCall wants of one call what holds for all.
func checkCall(t testing.TB, c *Call) {
	t.Helper()
	if (c.Sound == 0) != (c.Kind == "answered") { // who answers says nothing
		t.Errorf("%s: %s at %s heard %v of sound", c.ID, c.Kind, c.Dialled, c.Sound)
	}
	if c.Phase == Healthy && c.Exposed() {
		t.Errorf("%s: %s at %s was exposed before the change: %+v", c.ID, c.Kind, c.Dialled, c)
	}
	if c.Leak == "" && c.Exposed() {
		t.Errorf("%s: %s at %s was exposed, where no leak is: %+v", c.ID, c.Kind, c.Dialled, c)
	}
	if c.Kind == "deposit" && (c.Left == nil || c.Left.Mailbox != c.Mailbox) {
		t.Errorf("%s: the message for %s is not in %s: %+v", c.ID, c.Dialled, c.Mailbox, c.Left)
	}
	if c.Kind != "deposit" && c.Left != nil {
		t.Errorf("%s: %s left a message", c.ID, c.Kind)
	}
	for _, h := range c.Heard {
		if h.Mailbox != c.Mailbox && c.Leak != Greeting {
			t.Errorf("%s: %s at %s heard a message of %s", c.ID, c.Kind, c.Mailbox, h.Mailbox)
		}
	}
	if c.Owner && c.Asked && len(c.Heard) == 0 {
		t.Errorf("%s: the owner of %s gave the PIN and heard nothing", c.ID, c.Mailbox)
	}
}

// checkMargin wants a clear difference between sounds that were recognised and
// all others.
func checkMargin(t testing.TB, rec *Recording) {
	t.Helper()
	same, other := 1.0, 0.0
	for _, c := range rec.Calls {
		same, other = min(same, c.Likeness.Same), max(other, c.Likeness.Other)
	}
	t.Logf("least likeness of a message that was heard %.2f, greatest of any other %.2f", same, other)
	if same < recognised+0.1 || other > recognised-0.05 {
		t.Errorf("likeness of messages heard from %.2f, of others up to %.2f: too close to %.2f", same, other, recognised)
	}
}
