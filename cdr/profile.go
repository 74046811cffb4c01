package cdr

import (
	"bytes"
	"fmt"

	"github.com/goccy/go-yaml"
)

// profile is a format as its YAML file has it. Every key is documented here,
// because this is the language in which formats are added.
type profile struct {
	// Title names the format for people; Documented says where its maker
	// describes it; SeenLive on which system it was tried, "" if on none.
	Title      string `yaml:"title"`
	Documented string `yaml:"documented"`
	SeenLive   string `yaml:"seen_live"`
	// Proves gives the best grade per action; CannotSee says in sentences
	// what leaves no trace in the format.
	Proves    map[Action]Grade `yaml:"proves"`
	CannotSee []string         `yaml:"cannot_see"`

	Kind      Kind   `yaml:"kind"`
	Precision string `yaml:"precision"` // of its times: second, millisecond or microsecond

	// Columns are the names of the first columns; More gives those that
	// follow, by the number of columns that the row has in all. "a|b" is a
	// column that is a when its value has the shape of a, else b.
	Columns []string          `yaml:"columns"`
	More    map[int][]string  `yaml:"more"`
	Shapes  map[string]string `yaml:"shapes"`
	// Derived adds columns taken out of others.
	Derived map[string]derived `yaml:"derived"`
	// Times are the layouts in which times are written: "epoch", or Go's
	// reference time. Times without a zone need the user's.
	Times []string `yaml:"times"`
	// Recognise tells this format from others: column conditions that every
	// row fulfils.
	Recognise conditions `yaml:"recognise"`

	Record fields `yaml:"record"`

	Lists          map[string][]string `yaml:"lists"`
	DefaultContext string              `yaml:"default_context"`
	Folders        map[string]string   `yaml:"folders"` // numbers that stand for folders
	Rules          []ruleText          `yaml:"rules"`
}

// derived is a column made from a member of a JSON object in another.
type derived struct {
	JSON   string `yaml:"json"`
	Member string `yaml:"member"`
}

// conditions maps a column to what its value must be: a regular expression, or
// "@name" for one of a list's words, whatever their case. A row fulfils them
// when every column does.
type conditions map[string]string

// fields says where a record's fields come from. Lists are tried in order: the
// first value that is not empty counts.
type fields struct {
	Key       []string `yaml:"key"` // all of them together identify the row, if none is empty
	Call      []string `yaml:"call"`
	Leg       []string `yaml:"leg"`
	Channel   []source `yaml:"channel"` // its name, TECHNOLOGY/...-COUNTER with eight hexadecimal digits
	Event     []source `yaml:"event"`
	Start     string   `yaml:"start"`
	Answer    string   `yaml:"answer"`
	End       string   `yaml:"end"`
	Caller    []source `yaml:"caller"`
	Dialled   []source `yaml:"dialled"`
	Diverting []source `yaml:"diverting"`
	App       []source `yaml:"app"`
	Cause     []source `yaml:"cause"`
	Server    []source `yaml:"server"` // the node of the platform that handled the row
	// Answered and Partner are conditions. Rules can ask for them as the
	// columns "answered" and "partner" with the values yes and no.
	Answered conditions `yaml:"answered"`
	Partner  conditions `yaml:"partner"`
}

// source is one place where a value may be found: a column's name, or a column
// with conditions. The column "action" holds what the rules found.
type source struct {
	Column string     `yaml:"column"`
	When   conditions `yaml:"when"`
	Unless conditions `yaml:"unless"`
	Match  string     `yaml:"match"` // its first group is the value
}

// UnmarshalYAML lets a source be just a column's name.
func (s *source) UnmarshalYAML(decode func(any) error) error {
	if decode(&s.Column) == nil {
		return nil
	}
	type plain source
	return decode((*plain)(s))
}

// ruleText is one rule. The first rule whose conditions a row fulfils decides.
type ruleText struct {
	When   conditions `yaml:"when"`
	Unless conditions `yaml:"unless"`
	// Take are expressions that need not match. The named groups mailbox,
	// context, folder and message, here and in When, give the record's
	// fields; an expression with a message group is applied repeatedly.
	Take map[string][]string `yaml:"take"`
	Then outcomeText         `yaml:"then"`
}

type outcomeText struct {
	Action Action `yaml:"action"`
	Auth   Auth   `yaml:"auth"`
	Grade  Grade  `yaml:"grade"`
	// Sounding: the message begins to sound with this row, and sounds until
	// the leg's next one.
	Sounding bool `yaml:"sounding"`
}

// parseProfile decodes a profile strictly: an unknown key is an error that
// shows its line, because a misspelt rule would silently prove nothing.
func parseProfile(file string, text []byte) (*profile, error) {
	var p profile
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&p); err != nil {
		return nil, profileError(file, err)
	}
	return &p, nil
}

func profileError(file string, err error) error {
	line, msg := yamlPosition(err)
	if line > 0 {
		return fmt.Errorf("%s:%d: %s", file, line, msg)
	}
	return fmt.Errorf("%s: %s", file, msg)
}
