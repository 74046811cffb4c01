package cdr

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Compile reads one profile. name is the format's name and file the path shown
// in errors, which give file and line where they can.
func Compile(name, file string, text []byte) (*Format, error) {
	p, err := parseProfile(file, text)
	if err != nil {
		return nil, err
	}
	c := &compiler{p: p, f: &Format{
		Name: name, Title: p.Title, Documented: p.Documented, SeenLive: p.SeenLive,
		Proves: p.Proves, CannotSee: p.CannotSee, Kind: p.Kind,
		slots: map[string]int{}, layouts: map[int]*layout{},
		defaultContext: p.DefaultContext, folders: p.Folders,
	}}
	for _, step := range []func() error{c.head, c.columns, c.derive, c.times, c.recognise, c.keys, c.sources, c.rules} {
		if err := step(); err != nil {
			return nil, locate(file, text, err)
		}
	}
	return c.f, nil
}

// compiler turns a profile into a Format, one section a method.
type compiler struct {
	p *profile
	f *Format
}

var precisions = map[string]time.Duration{
	"second": time.Second, "millisecond": time.Millisecond, "microsecond": time.Microsecond,
}

func (c *compiler) head() error {
	if c.p.Title == "" || c.p.Documented == "" || len(c.p.CannotSee) == 0 {
		return at("$.title", "a profile needs title, documented and cannot_see: say what the format is and what leaves no trace in it")
	}
	if c.p.Kind != Leg && c.p.Kind != Event && c.p.Kind != Message {
		return at("$.kind", "kind %q must be %q, %q or %q", c.p.Kind, Leg, Event, Message)
	}
	precision, ok := precisions[c.p.Precision]
	if !ok {
		return at("$.precision", "precision %q must be second, millisecond or microsecond", c.p.Precision)
	}
	c.f.Precision = precision
	for action, grade := range c.p.Proves {
		if !isAction(action) || grade == NoGrade || !isGrade(grade) {
			return at("$.proves", "%q: %q is not an action with a grade", action, grade)
		}
	}
	return nil
}

func isAction(a Action) bool {
	return slices.Contains([]Action{NoAction, Deposit, Retrieval, Playback, Envelope, Unknown}, a)
}

func isAuth(a Auth) bool {
	return slices.Contains([]Auth{AuthUnknown, AuthSkipped, AuthDemanded, AuthPassed, AuthFailed}, a)
}

func isGrade(g Grade) bool {
	return slices.Contains([]Grade{NoGrade, GradeA, GradeB, GradeC, GradeD}, g)
}

// columns gives every column a slot and every number of columns a layout.
func (c *compiler) columns() error {
	more := c.p.More
	if more == nil {
		more = map[int][]string{len(c.p.Columns): nil}
	}
	for _, n := range slices.Sorted(maps.Keys(more)) {
		all := slices.Concat(c.p.Columns, more[n])
		if len(all) != n || n == 0 {
			return at("$.more", "%d columns are named for rows of %d: name each, in order", len(all), n)
		}
		for _, name := range all {
			for part := range strings.SplitSeq(name, "|") {
				c.addSlot(part)
			}
		}
		c.f.layouts[n] = nil // filled when all slots are known
	}
	c.f.answeredSlot = c.addSlot("answered")
	c.f.partnerSlot = c.addSlot("partner")
	c.f.actionSlot = c.addSlot("action")
	for name := range c.p.Derived {
		c.addSlot(name)
	}
	for n := range c.f.layouts {
		l, err := c.layout(slices.Concat(c.p.Columns, more[n]))
		if err != nil {
			return err
		}
		c.f.layouts[n] = l
	}
	return nil
}

func (c *compiler) addSlot(name string) int {
	if s, ok := c.f.slots[name]; ok {
		return s
	}
	c.f.slots[name] = len(c.f.names)
	c.f.names = append(c.f.names, name)
	return len(c.f.names) - 1
}

func (c *compiler) layout(columns []string) (*layout, error) {
	l := &layout{field: make([]int, len(c.f.names))}
	for i := range l.field {
		l.field[i] = -1
	}
	for i, name := range columns {
		a, b, either := strings.Cut(name, "|")
		if !either {
			l.field[c.f.slots[name]] = i
			continue
		}
		shape, err := regexp.Compile(c.p.Shapes[a])
		if err != nil || c.p.Shapes[a] == "" {
			return nil, at("$.shapes", "column %q needs the shape of %q, a regular expression: %v", name, a, err)
		}
		l.forks = append(l.forks, fork{i, c.f.slots[a], c.f.slots[b], shape})
	}
	return l, nil
}

func (c *compiler) derive() error {
	for _, name := range slices.Sorted(maps.Keys(c.p.Derived)) {
		path, d := "$.derived."+name, c.p.Derived[name]
		from, err := c.slot(path, d.JSON)
		if err != nil {
			return err
		}
		if d.Member == "" {
			return at(path, "member is missing: name the JSON object's member")
		}
		c.f.derived = append(c.f.derived, derivedColumn{c.f.slots[name], from, d.Member})
	}
	return nil
}

func (c *compiler) slot(path, column string) (int, error) {
	s, ok := c.f.slots[column]
	if !ok {
		return 0, at(path, "unknown column %q: columns are %s", column, strings.Join(c.f.names, ", "))
	}
	return s, nil
}

func (c *compiler) slotList(path string, columns []string) ([]int, error) {
	var slots []int
	for _, name := range columns {
		s, err := c.slot(path, name)
		if err != nil {
			return nil, err
		}
		slots = append(slots, s)
	}
	return slots, nil
}

func (c *compiler) optionalSlot(path, column string) (int, error) {
	if column == "" {
		return -1, nil
	}
	return c.slot(path, column)
}

func (c *compiler) times() (err error) {
	for i, text := range c.p.Times {
		l, err := newTimeLayout(text)
		if err != nil {
			return at(fmt.Sprintf("$.times[%d]", i), "%w", err)
		}
		c.f.times = append(c.f.times, l)
	}
	r := c.p.Record
	if r.Start == "" || len(c.f.times) == 0 {
		return at("$.times", "a profile needs record.start and the layouts of its times")
	}
	if c.f.start, err = c.slot("$.record.start", r.Start); err != nil {
		return err
	}
	if c.f.answer, err = c.optionalSlot("$.record.answer", r.Answer); err != nil {
		return err
	}
	c.f.end, err = c.optionalSlot("$.record.end", r.End)
	return err
}

func (c *compiler) recognise() (err error) {
	if len(c.p.Recognise) == 0 {
		return at("$.recognise", "recognise is missing: give conditions that tell this format from others")
	}
	c.f.recognise, err = c.conditions("$.recognise", c.p.Recognise)
	return err
}

func (c *compiler) keys() (err error) {
	r := c.p.Record
	if c.f.key, err = c.slotList("$.record.key", r.Key); err != nil {
		return err
	}
	if c.f.call, err = c.slotList("$.record.call", r.Call); err != nil {
		return err
	}
	if c.f.leg, err = c.slotList("$.record.leg", r.Leg); err != nil {
		return err
	}
	if c.f.answered, err = c.conditions("$.record.answered", r.Answered); err != nil {
		return err
	}
	c.f.partner, err = c.conditions("$.record.partner", r.Partner)
	return err
}

func (c *compiler) sources() error {
	r := c.p.Record
	for _, s := range []struct {
		name string
		from []source
		to   *[]compiledSource
	}{
		{"event", r.Event, &c.f.event}, {"app", r.App, &c.f.app}, {"cause", r.Cause, &c.f.cause}, {"server", r.Server, &c.f.server},
		{"channel", r.Channel, &c.f.channel}, {"caller", r.Caller, &c.f.caller}, {"dialled", r.Dialled, &c.f.dialled}, {"diverting", r.Diverting, &c.f.divert},
	} {
		for i, from := range s.from {
			one, err := c.source(fmt.Sprintf("$.record.%s[%d]", s.name, i), from)
			if err != nil {
				return err
			}
			*s.to = append(*s.to, one)
		}
	}
	return nil
}

func (c *compiler) source(path string, s source) (out compiledSource, err error) {
	if out.slot, err = c.slot(path, s.Column); err != nil {
		return out, err
	}
	if out.when, err = c.conditions(path+".when", s.When); err != nil {
		return out, err
	}
	if out.unless, err = c.conditions(path+".unless", s.Unless); err != nil {
		return out, err
	}
	if s.Match == "" {
		return out, nil
	}
	out.match, err = regexp.Compile(s.Match)
	if err != nil || out.match.NumSubexp() < 1 {
		return out, at(path+".match", "%q must be a regular expression whose first group is the value: %v", s.Match, err)
	}
	return out, nil
}

// conditions compiles column conditions in the columns' order of names, so that
// a profile behaves the same on every load.
func (c *compiler) conditions(path string, conds conditions) (conditionSet, error) {
	var set conditionSet
	for _, column := range slices.Sorted(maps.Keys(conds)) {
		slot, err := c.slot(path, column)
		if err != nil {
			return nil, err
		}
		test, err := c.test(path+"."+column, conds[column])
		if err != nil {
			return nil, err
		}
		set = append(set, condition{slot, test})
	}
	return set, nil
}

func (c *compiler) test(path, pattern string) (func([]byte) bool, error) {
	if list, ok := strings.CutPrefix(pattern, "@"); ok {
		words, ok := c.p.Lists[list]
		if !ok || len(words) == 0 {
			return nil, at(path, "unknown or empty list %q", list)
		}
		return listTester(words), nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, at(path, "%w", err)
	}
	return tester(pattern, re), nil
}
