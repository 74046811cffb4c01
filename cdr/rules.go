package cdr

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// rule is one compiled rule.
type rule struct {
	when, unless conditionSet
	take         []taker
	then         outcomeText
}

// taker reads named groups out of a column.
type taker struct {
	slot  int
	re    *regexp.Regexp
	every bool // it has a message group: apply it as often as it matches
}

var groupNames = []string{"", "mailbox", "context", "folder", "message"}

func (c *compiler) rules() error {
	used := map[int]bool{}
	for i, text := range c.p.Rules {
		r, err := c.rule(fmt.Sprintf("$.rules[%d]", i), text)
		if err != nil {
			return err
		}
		for _, set := range []conditionSet{r.when, r.unless} {
			for _, cond := range set {
				used[cond.slot] = true
			}
		}
		for _, t := range r.take {
			used[t.slot] = true
		}
		c.f.rules = append(c.f.rules, r)
	}
	if used[c.f.actionSlot] {
		return at("$.rules", "the column action is what rules find: they cannot ask for it")
	}
	c.f.ruleSlots = slices.Sorted(maps.Keys(used))
	return nil
}

func (c *compiler) rule(path string, text ruleText) (r rule, err error) {
	if len(text.When) == 0 {
		return r, at(path, "a rule needs conditions (when)")
	}
	if !isAction(text.Then.Action) || !isAuth(text.Then.Auth) || !isGrade(text.Then.Grade) {
		return r, at(path+".then", "unknown action, auth or grade in %v", text.Then)
	}
	if err := c.claims(path, text.Then); err != nil {
		return r, err
	}
	r.then = text.Then
	if r.when, err = c.conditions(path+".when", text.When); err != nil {
		return r, err
	}
	if r.unless, err = c.conditions(path+".unless", text.Unless); err != nil {
		return r, err
	}
	r.take, err = c.takers(path, text)
	return r, err
}

// takers collects every expression of a rule that has named groups: those of
// take first, because they are written for it.
func (c *compiler) takers(path string, text ruleText) ([]taker, error) {
	var takers []taker
	add := func(path, column, pattern string) error {
		slot, err := c.slot(path, column)
		if err != nil {
			return err
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return at(path, "%w", err)
		}
		for _, name := range re.SubexpNames() {
			if !slices.Contains(groupNames, name) {
				return at(path, "unknown group %q: groups are mailbox, context, folder and message", name)
			}
		}
		if re.NumSubexp() > 0 {
			takers = append(takers, taker{slot, re, re.SubexpIndex("message") > 0})
		}
		return nil
	}
	for _, column := range slices.Sorted(maps.Keys(text.Take)) {
		for _, pattern := range text.Take[column] {
			if err := add(path+".take."+column, column, pattern); err != nil {
				return nil, err
			}
		}
	}
	for _, column := range slices.Sorted(maps.Keys(text.When)) {
		if pattern := text.When[column]; pattern != "" && pattern[0] != '@' {
			if err := add(path+".when."+column, column, pattern); err != nil {
				return nil, err
			}
		}
	}
	return takers, nil
}

// claims holds a rule to the profile's head: people judge a format by what its
// head says that it proves.
func (c *compiler) claims(path string, then outcomeText) error {
	best := c.p.Proves[then.Action]
	if then.Action == NoAction || then.Action == Unknown || best != NoGrade && then.Grade >= best {
		return nil
	}
	return at(path+".then", "%s with grade %q is more than the profile's head proves (%q)", then.Action, then.Grade, best)
}
