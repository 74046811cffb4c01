package hear

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Role is what a known prompt means to whoever hears it.
type Role string

const (
	RoleGreeting Role = "greeting" // the whole of what precedes the beep of one mailbox
	RoleDefault  Role = "default"  // of the system's own greeting, and what it says when it records
	RolePIN      Role = "pin"      // asks for a mailbox or a PIN
	RoleMenu     Role = "menu"     // is heard inside a mailbox only
	RoleOther    Role = "other"
)

// Roles are those of prompts that are given as files.
var Roles = []Role{RoleDefault, RolePIN, RoleMenu, RoleOther}

// Baseline is what healthy calls and the system's prompts sound like, as
// fingerprints.
type Baseline struct {
	Version int     `json:"version"`
	Known   []Known `json:"known"`
}

// baselineVersion is that of the prints: those of another cannot be compared.
const baselineVersion = 1

// Known is one greeting or prompt.
type Known struct {
	Name    string  `json:"name"` // of a greeting the mailbox, of a prompt the file
	Role    Role    `json:"role"`
	Seconds float64 `json:"seconds"`
	Print   Print   `json:"print"`
}

// ReadBaseline reads what WriteTo writes.
func ReadBaseline(r io.Reader) (*Baseline, error) {
	var b Baseline
	if err := json.NewDecoder(r).Decode(&b); err != nil {
		return nil, fmt.Errorf("no baseline: %w", err)
	}
	if b.Version != baselineVersion {
		return nil, fmt.Errorf("a baseline of version %d, and only %d can be compared: make it again", b.Version, baselineVersion)
	}
	for _, k := range b.Known {
		if !slices.Contains(append(Roles, RoleGreeting), k.Role) {
			return nil, fmt.Errorf("the baseline's %q has the unknown role %q", k.Name, k.Role)
		}
	}
	return &b, nil
}

// Write writes the baseline as JSON, one line for each that is known.
func (b *Baseline) Write(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "{\"version\": %d, \"known\": [", baselineVersion); err != nil {
		return err
	}
	for i, k := range b.Known {
		line, err := json.Marshal(k)
		if err != nil {
			return err
		}
		comma := map[bool]string{true: ","}[i > 0]
		if _, err := fmt.Fprintf(w, "%s\n%s", comma, line); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "\n]}\n")
	return err
}

// Add puts in one more, in place of what had its name and role.
func (b *Baseline) Add(k Known) {
	i := slices.IndexFunc(b.Known, func(o Known) bool { return o.Name == k.Name && o.Role == k.Role })
	if i < 0 {
		b.Known = append(b.Known, k)
		return
	}
	b.Known[i] = k
}

// greeting is what the mailbox of a name is greeted with, or nil.
func (b *Baseline) greeting(name string) *Known {
	for i := range b.Known {
		if k := &b.Known[i]; k.Role == RoleGreeting && k.Name == name {
			return k
		}
	}
	return nil
}

// known makes one of a part of the call.
func (r *Result) known(name string, role Role, s span) Known {
	from, to := max(index(s.from), 0), min(index(s.to), len(r.print))
	p := printOf(r.print[min(from, to):to])
	return Known{Name: name, Role: role, Seconds: s.length().Round(10 * time.Millisecond).Seconds(), Print: p}
}

// LearnGreeting makes a baseline's entry of a call that met a greeting and a beep,
// and says whether it did.
func (r *Result) LearnGreeting(name string) (k Known, ok bool) {
	if s, ok := r.greetingSpan(); ok && len(r.beeps) > 0 {
		return r.known(name, RoleGreeting, s), true
	}
	return Known{}, false
}

// LearnPrompt makes an entry of a recording of one prompt, and says whether there is
// enough to be known again by.
func (r *Result) LearnPrompt(name string, role Role) (k Known, ok bool) {
	s := span{0, int64(len(r.print) * traceFrames * 80)}
	if len(r.voices) > 0 {
		s = span{r.voices[0].from, r.voices[len(r.voices)-1].to}
	}
	k = r.known(name, role, s)
	return k, len(k.Print) >= shortest
}

// Spoken reports whether there was speech, or music.
func (r *Result) Spoken() bool { return len(r.voices) > 0 }
