package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"vmaudit/analysis"
	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/hear"
	"vmaudit/sipprobe/sound"
)

func hearCommand(t *tool) *cli.Command {
	return &cli.Command{
		Name:      "hear",
		Usage:     "tell what a caller heard, from a recording: events, and a judgement",
		ArgsUsage: "FILE ...",
		Description: `FILE is WAV of any kind, or raw A-law, mu-law or 16-bit samples by its ending
(.alaw, .ulaw, .sln ...); - is standard input.

A baseline is what healthy calls sound like, as fingerprints that no speech can be
had from. --write-baseline makes one: each FILE is a healthy call, and the name of
the file without its ending is that of the mailbox; each --prompt is a recording of
the system's own. With --baseline a call is held against the greeting of its
mailbox, --name or the file's name.

Ends with exit code 3 when in any file something else was heard than a greeting, a
beep and silence, a prompt for a PIN, a person, or nothing: speech after the beep,
several segments, an announcement, another greeting than the baseline's, a canary;
with 4 when nothing of that was heard, but of some file it cannot be told what it was.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "baseline", Usage: "hold calls against this baseline `FILE`"},
			&cli.StringFlag{Name: "name", Usage: "mailbox whose greeting is expected", DefaultText: "the file's name"},
			&cli.StringFlag{Name: "known", Usage: "`FILE` of planted canaries, one id per line"},
			rawFlag(),
			formatFlag("table", "json"),
			&cli.StringFlag{Name: "picture", Usage: "draw the call into this `FILE`, .png or .svg"},
			&cli.StringFlag{Name: "write-baseline", Usage: "make a baseline `FILE` of healthy calls and prompts"},
			&cli.StringSliceFlag{Name: "prompt", Usage: "`ROLE=FILE` of a prompt for the baseline; ROLE is " + roles()},
		},
		Action: t.hear,
	}
}

func roles() string {
	var names []string
	for _, r := range hear.Roles {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

func (t *tool) hear(c *cli.Context) error {
	form, err := rawForm(c)
	if err := errors.Join(demandFormat(c, "table", "json"), hearUsage(c), err); err != nil {
		return err
	}
	if c.String("write-baseline") != "" {
		return t.writeBaseline(c)
	}
	h := &hearer{tool: t, name: c.String("name"), picture: c.String("picture"), form: form}
	if name := c.String("known"); name != "" {
		ids, err := readIDs(name)
		if err != nil {
			return err
		}
		h.planted = canary.NewPlanted(ids)
	}
	if h.baseline, err = readBaseline(c.String("baseline")); err != nil {
		return err
	}
	calls := []heardCall{}
	var failed []error
	for _, file := range c.Args().Slice() {
		r, err := h.file(file)
		if err != nil {
			failed = append(failed, err)
		}
		if r != nil {
			calls = append(calls, heardCall{file, r})
		}
	}
	if err := printCalls(t.stdout, calls, c.String("format")); err != nil {
		return err
	}
	return t.severity(calls, errors.Join(failed...))
}

// severity ends the command: a leak in one file counts, whatever became of the
// others, and what could not be told is not healthy.
func (t *tool) severity(calls []heardCall, failed error) error {
	if slices.ContainsFunc(calls, func(h heardCall) bool { return h.Suspicious() }) {
		if failed != nil {
			t.lines(failed)
		}
		return &severityError{analysis.Proven}
	}
	if failed == nil && slices.ContainsFunc(calls, func(h heardCall) bool { return h.Judgement == hear.Unknown }) {
		return &severityError{analysis.Possible}
	}
	return failed
}

// hearUsage finds mistakes in flags and arguments.
func hearUsage(c *cli.Context) error {
	picture, making := c.String("picture"), c.String("write-baseline") != ""
	switch {
	case !c.Args().Present() && !(making && len(c.StringSlice("prompt")) > 0):
		return usagef("see vmaudit hear --help", "hear needs a file, or -")
	case picture != "" && (c.NArg() != 1 || making):
		return usagef("", "--picture draws one call, and %d are given", c.NArg())
	case picture != "" && !slices.Contains([]string{".png", ".svg"}, filepath.Ext(picture)):
		return usagef("", "picture %q ends in neither .png nor .svg", picture)
	case !making && len(c.StringSlice("prompt")) > 0:
		return usagef("vmaudit hear --write-baseline FILE --prompt ROLE=FILE", "--prompt is for making a baseline")
	case making && (c.IsSet("baseline") || c.IsSet("known")):
		return usagef("name all calls and prompts at once", "--write-baseline makes a new baseline, and takes neither --baseline nor --known")
	case !making && c.String("name") != "" && c.String("baseline") == "":
		return usagef("", "--name is for --baseline and --write-baseline")
	case making && (c.String("name") != "" && c.NArg() != 1):
		return usagef("", "--name names one mailbox, and %d calls are given", c.NArg())
	}
	return nil
}

// hearer hears files.
type hearer struct {
	*tool
	baseline *hear.Baseline
	planted  *canary.Planted
	name     string
	picture  string
	form     sound.Form
}

// file hears one. What was heard is returned though its picture cannot be written.
func (h *hearer) file(file string) (*hear.Result, error) {
	ear := hear.New(hear.Options{Baseline: h.baseline, Name: h.nameOf(file), Planted: h.planted, Picture: h.picture != ""})
	err := h.listen(file, h.form, func(piece []int16) error {
		ear.Feed(piece)
		return nil
	})
	if err != nil {
		return nil, err
	}
	result := ear.Result()
	if h.picture == "" {
		return result, nil
	}
	return result, writeFile(h.picture, func(w io.Writer) error {
		return result.Picture(w, printable(filepath.Base(file)), filepath.Ext(h.picture) == ".svg")
	})
}

// nameOf is the mailbox that a file is of.
func (h *hearer) nameOf(file string) string {
	if h.name != "" {
		return h.name
	}
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

// writeFile writes a file that is whole or not there.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return fmt.Errorf("%q cannot be written: %w", name, errors.Unwrap(err))
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	return os.Rename(f.Name(), name)
}

// readBaseline reads one, if there is a name.
func readBaseline(name string) (*hear.Baseline, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := hear.ReadBaseline(f)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", name, err)
	}
	return b, nil
}

// writeBaseline makes a baseline of calls and prompts.
func (t *tool) writeBaseline(c *cli.Context) error {
	b, h := &hear.Baseline{}, &hearer{tool: t, name: c.String("name"), form: sound.Form{Name: c.String("raw")}}
	var failed []error
	for _, prompt := range c.StringSlice("prompt") {
		failed = append(failed, h.learnPrompt(b, prompt))
	}
	for _, file := range c.Args().Slice() {
		failed = append(failed, h.learnGreeting(b, file))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	out := c.String("write-baseline")
	if err := writeFile(out, b.Write); err != nil {
		return err
	}
	t.sayf("%s: %d greetings, %d prompts", out, c.NArg(), len(b.Known)-c.NArg())
	return nil
}

func (h *hearer) learnPrompt(b *hear.Baseline, prompt string) error {
	role, file, ok := strings.Cut(prompt, "=")
	if !ok || !slices.Contains(hear.Roles, hear.Role(role)) {
		return usagef("--prompt pin=FILE", "prompt %q does not begin with its role: %s", prompt, roles())
	}
	r, err := h.file(file)
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	k, ok := r.LearnPrompt(name, hear.Role(role))
	switch {
	case !r.Spoken():
		return fmt.Errorf("%q: nothing is said in it: %s", file, r.Judgement)
	case !ok:
		return fmt.Errorf("%q: %.2g s are too short to be known again", file, k.Seconds)
	}
	return learn(b, k, file)
}

func (h *hearer) learnGreeting(b *hear.Baseline, file string) error {
	r, err := h.file(file)
	if err != nil {
		return err
	}
	k, ok := r.LearnGreeting(h.nameOf(file))
	if !ok {
		return fmt.Errorf("%q: there is no greeting with a beep in it, but %s: a baseline is made of healthy calls", file, r.Judgement)
	}
	if r.Suspicious() {
		return fmt.Errorf("%q: is %s, and a baseline is made of healthy calls: %s", file, r.Judgement, strings.Join(r.Reasons, "; "))
	}
	if r.Judgement != hear.GreetingBeepSilence {
		h.sayf("%s: is %s, and is taken for healthy: %s", file, r.Judgement, strings.Join(r.Reasons, "; "))
	}
	return learn(b, k, file)
}

// learn adds one that is not there yet: of two calls to a mailbox, one would be
// forgotten unsaid.
func learn(b *hear.Baseline, k hear.Known, file string) error {
	if slices.ContainsFunc(b.Known, func(o hear.Known) bool { return o.Name == k.Name && o.Role == k.Role }) {
		return fmt.Errorf("%q: the second %s of the name %q", file, k.Role, k.Name)
	}
	b.Add(k)
	return nil
}

// heardCall is a file and what was heard in it.
type heardCall struct {
	file string
	*hear.Result
}

func printCalls(out io.Writer, calls []heardCall, format string) error {
	if format == "json" {
		all := []callJSON{}
		for _, c := range calls {
			all = append(all, c.json())
		}
		return printJSON(out, all)
	}
	for i, c := range calls {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if err := c.print(out); err != nil {
			return err
		}
	}
	return nil
}

func (c heardCall) print(out io.Writer) error {
	fmt.Fprintf(out, "%s: %s\n", printable(c.file), c.Judgement)
	for _, reason := range c.Reasons {
		fmt.Fprintf(out, "    %s\n", printable(reason))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FROM\tTO\tEVENT\tSURE\tDBFS\tWHAT")
	for _, e := range c.eventsJSON() {
		level := "-"
		if e.Level < 0 {
			level = fmt.Sprintf("%.0f", e.Level)
		}
		fmt.Fprintf(w, "%.2f\t%.2f\t%s\t%.2f\t%s\t%s\n", e.Start, e.End, e.Kind, e.Confidence, level, orDash(e.what()))
	}
	for _, p := range c.Prompts {
		fmt.Fprintf(w, "%.2f\t%.2f\tprompt\t%.2f\t-\t%s\n", p.From.Seconds(), p.To.Seconds(), p.Likeness, printable(p.Name))
	}
	return w.Flush()
}
