package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"vmaudit/internal/asterisktest"
	"vmaudit/sipprobe/hear"
)

// TestPBXHear listens to what callers of a real telephone system heard, with and
// without a baseline, and prints docs/hearing.md's matrix.
func TestPBXHear(t *testing.T) {
	for _, version := range asterisktest.Versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			asterisktest.Need(t, version)
			size := asterisktest.Short
			if *long {
				size = asterisktest.Long
			}
			rec := asterisktest.Record(t, version, size)
			b := baselineOf(t, version, rec)
			judgeCalls(t, "without a baseline", rec, nil)
			judgeCalls(t, "with a baseline", rec, b)
		})
	}
}

// baselineOf is made of the healthy calls of probes and of the system's prompts.
func baselineOf(t *testing.T, version string, rec *asterisktest.Recording) *hear.Baseline {
	t.Helper()
	b := &hear.Baseline{}
	for _, c := range rec.Calls {
		if c.Phase != asterisktest.Healthy || c.Kind != "probe" {
			continue
		}
		k, ok := listenTo(&c, nil).LearnGreeting(c.Dialled)
		if !ok {
			t.Fatalf("%s: no greeting in a healthy probe of %s", c.ID, c.Dialled)
		}
		b.Add(k)
	}
	for role, names := range map[hear.Role]string{
		hear.RoleMenu:    "vm-youhave vm-onefor vm-onefor-full vm-opts vm-first vm-message vm-last vm-nomore vm-deleted vm-advopts vm-repeat vm-helpexit vm-received vm-from-phonenumber",
		hear.RolePIN:     "vm-password vm-login vm-incorrect vm-incorrect-mailbox",
		hear.RoleDefault: "vm-theperson vm-isunavail vm-intro auth-thankyou",
	} {
		for _, name := range strings.Fields(names) {
			h := &hearer{tool: &tool{}}
			file := filepath.Join("..", "..", ".cache", "asterisk", version, "usr", "share", "asterisk", "sounds", "en", name+".wav")
			r, err := h.file(file)
			if err != nil {
				t.Fatal(err)
			}
			if k, ok := r.LearnPrompt(name, role); ok {
				b.Add(k)
			}
		}
	}
	return b
}

func listenTo(c *asterisktest.Call, b *hear.Baseline) *hear.Result {
	ear := hear.New(hear.Options{Baseline: b, Name: c.Dialled})
	ear.Feed(c.Hears)
	return ear.Result()
}

// judgeCalls wants no leak to be judged healthy. Without a baseline nobody can hear
// that a greeting is another's.
func judgeCalls(t *testing.T, how string, rec *asterisktest.Recording, b *hear.Baseline) {
	t.Helper()
	counts := map[string]int{}
	leaks, healthy, alarms := 0, 0, 0
	for _, c := range rec.Calls {
		r := listenTo(&c, b)
		what := c.Kind
		if c.Leak != "" {
			what = "leak: " + c.Leak + ", " + c.Kind
		}
		counts[fmt.Sprintf("%s\t%s\t%v", what, r.Judgement, r.Suspicious())]++
		byGreeting := c.Leak == asterisktest.Greeting || c.Leak == asterisktest.Misdelivery
		probed := c.Kind == "probe" // others cut the greeting short
		if c.Leak == "" && probed && r.Judgement == hear.GreetingBeepSilence {
			healthy++
		}
		switch {
		case c.Leak == "" && probed && r.Suspicious() && b != nil:
			alarms++
			t.Logf("%s, %s: healthy %s of %s is %s: %q", how, c.ID, c.Kind, c.Dialled, r.Judgement, r.Reasons)
		case c.Leak == "":
		case byGreeting && (b == nil || !probed && c.Kind != "deposit"):
		case r.Judgement == hear.GreetingBeepSilence || byGreeting && !r.Suspicious():
			t.Errorf("%s, %s: %s, %s of %s is %s: %q", how, c.ID, c.Leak, c.Kind, c.Dialled, r.Judgement, r.Reasons)
		}
		if c.Leak != "" {
			leaks++
		}
	}
	if alarms > 1 { // a machine that is short of time drops packets, and greetings slip
		t.Errorf("%s: %d healthy probes are suspicious", how, alarms)
	}
	if leaks < len(asterisktest.Leaks) || healthy < 3 { // of a slow machine some probes end early
		t.Errorf("only %d leaks were met, and %d probes that are healthy", leaks, healthy)
	}
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "call\tjudgement\tsuspicious\tcalls")
	for _, row := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(w, "%s\t%d\n", row, counts[row])
	}
	_ = w.Flush() // into memory
	t.Logf("%s:\n%s", how, out.String())
}
