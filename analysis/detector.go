package analysis

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed detectors/*.sql
var detectors embed.FS

// Detector is one way to tell what a session was: a .sql file whose head says in
// plain words what it finds and what it cannot see. Its body selects, from the
// table situations, the sessions (id) that it speaks for and its reasons.
type Detector struct {
	Name       string // of the file
	Verdict    Verdict
	Grade      string // strength of its evidence, A to D
	Precedence int    // of two that speak for one session the lower decides
	Finds      string
	CannotSee  string
	SQL        string
}

// Detectors returns those that come with vmaudit, by precedence.
func Detectors() []Detector {
	files, err := fs.Sub(detectors, "detectors")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	all, err := ReadDetectors(files)
	if err != nil {
		panic(err) // so are its files, and a test reads them
	}
	return all
}

// ReadDetectors reads every .sql file of a folder, by precedence. An error names
// the file and what is wrong with its head.
func ReadDetectors(files fs.FS) ([]Detector, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no detector (*.sql) in the folder")
	}
	var all []Detector
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		d, err := parseDetector(strings.TrimSuffix(path.Base(name), ".sql"), text)
		if err != nil {
			return nil, fmt.Errorf("detector %s: %w", name, err)
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b Detector) int { return a.Precedence - b.Precedence })
	return all, nil
}

// WithDetectors returns those that come with vmaudit and a user's own. A name must
// not be there twice: a verdict names its detector.
func WithDetectors(own []Detector) ([]Detector, error) {
	all := Detectors()
	for _, d := range own {
		if slices.ContainsFunc(all, func(have Detector) bool { return have.Name == d.Name }) {
			return nil, fmt.Errorf("detector %q is there already: give yours another name", d.Name)
		}
		all = append(all, d)
	}
	return all, nil
}

func parseDetector(name string, text []byte) (Detector, error) {
	head := map[string]string{}
	for line := range bytes.Lines(text) {
		comment, ok := strings.CutPrefix(string(line), "-- ")
		if !ok {
			break
		}
		if key, value, ok := strings.Cut(comment, ": "); ok {
			head[key] = strings.TrimSpace(value)
		}
	}
	for _, key := range []string{"verdict", "precedence", "grade", "finds", "cannot see"} {
		if head[key] == "" {
			return Detector{}, fmt.Errorf("its head lacks the line \"-- %s: ...\"", key)
		}
	}
	precedence, err := strconv.Atoi(head["precedence"])
	if err != nil {
		return Detector{}, fmt.Errorf("precedence %q is not a number", head["precedence"])
	}
	d := Detector{
		Name: name, Verdict: Verdict(head["verdict"]), Grade: head["grade"], Precedence: precedence,
		Finds: head["finds"], CannotSee: head["cannot see"], SQL: string(text),
	}
	if !slices.Contains(Verdicts, d.Verdict) {
		return Detector{}, fmt.Errorf("verdict %q is not one of %q", d.Verdict, Verdicts)
	}
	if len(d.Grade) != 1 || !strings.Contains("ABCD", d.Grade) {
		return Detector{}, fmt.Errorf("grade %q is not A, B, C or D", d.Grade)
	}
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return Detector{}, fmt.Errorf("the name may have lower-case letters, digits and hyphens only")
	}
	return d, nil
}

// rules is raised when Go code changes what a verdict depends on (access numbers,
// the vendor's list): what was judged before is then judged again.
const rules = 1

// version identifies the detectors' texts, and those of the questions before them.
func version(all []Detector) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %q", rules, compose(reachedSQL, nil)+compose(situationsSQL, nil)+attributeSQL+claimSQL+greetingsSQL+judgeSQL)
	for _, d := range all {
		fmt.Fprintf(h, "%q %q", d.Name, d.SQL)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}
