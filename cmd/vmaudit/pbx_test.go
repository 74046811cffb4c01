package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"vmaudit/analysis"
	"vmaudit/internal/asterisktest"
)

var long = flag.Bool("long", false, "place three times as many calls on the real telephone systems")

// TestPBX places calls on real telephone systems, before and after a change that
// leaks, and holds what the program says of their exports against what the
// callers heard.
func TestPBX(t *testing.T) {
	for _, version := range asterisktest.Versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			asterisktest.Need(t, version)
			lib := library(t)
			size := asterisktest.Short
			if *long {
				size = asterisktest.Long
			}
			rec := asterisktest.Record(t, version, size)
			rec.Check(t)
			for name, files := range map[string][]string{
				"CDR": {rec.Master}, "CDR and CEL": {rec.Master, rec.CEL}, "CEL and CDR": {rec.CEL, rec.Master},
				"CDR and spool": {rec.Master, rec.Spool}, "all": {rec.Spool, rec.Master, rec.CEL},
			} {
				t.Run(name, func(t *testing.T) {
					a := &auditor{T: t, lib: lib, dir: t.TempDir(), rec: rec, streams: version != "16"}
					a.events, a.spool = slices.Contains(files, rec.CEL), slices.Contains(files, rec.Spool)
					a.audit(files)
				})
			}
		})
	}
}

// auditor is somebody who runs the program on a recording's exports.
type auditor struct {
	*testing.T
	lib, dir string
	rec      *asterisktest.Recording

	events, spool bool // are imported
	streams       bool // the system logs which file begins to sound
	timed         int  // messages named by their id, with the time for which they sounded
}

func (a *auditor) audit(files []string) {
	defer stopEngines(a, a.dir)
	a.vmaudit(append([]string{"import", "--system", "asterisk", "--zone", "UTC"}, files...)...)
	a.vmaudit("directory", "import", a.rec.Directory)
	// Whoever does not know when the system changed asks about all of the time.
	first := a.rec.Change.Add(-time.Hour)
	a.change("upgrade", a.rec.Change)
	a.change("sometime", first)
}

// change asks about a change, and holds every answer against the truth.
func (a *auditor) change(id string, from time.Time) {
	a.vmaudit("change", "add", "--id", id, "--vendor", "telco", "--from", from.UTC().Format(time.RFC3339))
	sessions := a.sessions(id)
	verdicts := map[string][]analysis.Verdict{}
	for _, c := range a.rec.Calls {
		for _, s := range sessions[c.ID] {
			verdicts[c.ID] = append(verdicts[c.ID], s.Verdict)
			a.played(&c, &s)
		}
		a.check(&c, verdicts[c.ID])
	}
	if a.streams && a.events && a.spool && a.timed == 0 {
		a.Error("no message is told by its id with the time for which it sounded")
	}
	a.table(id, verdicts)
	a.affected(id)
}

// sessions are those of a change, by call.
func (a *auditor) sessions(change string) map[string][]analysis.Session {
	var list struct{ Sessions []analysis.Session }
	a.decode(&list, "session", "list", "--change", change, "--format", "json")
	sessions := map[string][]analysis.Session{}
	for _, s := range list.Sessions {
		sessions[s.Call] = append(sessions[s.Call], s)
	}
	return sessions
}

// tolerance of how long a message sounded: the caller hears it later than the
// system logs it, and its end is heard by what was left of it.
const tolerance = 1500 * time.Millisecond

// played wants no message to be named that the caller did not hear, nor to have
// sounded for another time.
func (a *auditor) played(c *asterisktest.Call, s *analysis.Session) {
	if s.Verdict != analysis.PlaybackConfirmed {
		return
	}
	for _, m := range s.Messages {
		i := slices.IndexFunc(c.Heard, func(h asterisktest.Heard) bool { return h.ID == m.ID })
		switch {
		case m.ID == "":
		case i < 0:
			a.Errorf("%s (%s, %s): message %s is named, and %v were heard", c.ID, c.Leak, c.Kind, m.ID, c.Heard)
		case m.Seconds == nil:
		case (time.Duration(*m.Seconds*float32(time.Second)) - c.Heard[i].Length).Abs() > tolerance:
			a.Errorf("%s (%s, %s): message %s sounded for %.1f s, and %v of it were heard", c.ID, c.Leak, c.Kind, m.ID, *m.Seconds, c.Heard[i].Length)
		default:
			a.timed++
		}
	}
}

// proven reports whether one of the imported exports proves that a message was
// played: the events where they name it or Playback did it, the spool where it
// went to the heard ones or was the greeting, whatever lay in Old stays there.
func (a *auditor) proven(c *asterisktest.Call) bool {
	deleted := strings.Contains(c.Kind, "deletes") // before the spool was read
	return a.events && len(c.Heard) > 0 && !c.Owner &&
		(a.streams && c.Leak != asterisktest.Greeting || c.Leak == asterisktest.Files || a.spool && c.Leak != asterisktest.OldFolder && !deleted)
}

// vmaudit runs the program and returns what it prints. Exit codes 3 and 4 say
// that somebody was exposed.
func (a *auditor) vmaudit(args ...string) []byte {
	a.Helper()
	cmd := exec.CommandContext(a.Context(), "vmaudit", args...)
	cmd.Env = append(os.Environ(), "VMAUDIT_DB="+filepath.Join(a.dir, "data"), "XDG_CONFIG_HOME="+a.dir, "VMAUDIT_LIBCHDB="+a.lib)
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) && failed.ExitCode() < 3 || err != nil && failed == nil {
		a.Fatalf("vmaudit %q: %v\n%s", args, err, failed.Stderr)
	}
	return out
}

func (a *auditor) decode(to any, args ...string) {
	a.Helper()
	if err := json.Unmarshal(a.vmaudit(args...), to); err != nil {
		a.Fatal(err)
	}
}

// Verdicts by what they claim.
var (
	claims   = []analysis.Verdict{analysis.PlaybackConfirmed, analysis.MailboxOpened}
	exposing = append(slices.Clone(claims), analysis.PlaybackSuspected, analysis.NotExcluded, analysis.DepositLogged)
)

// check holds the verdicts on a call against the truth. Without events or the
// spool a misdelivery cannot be seen.
func (a *auditor) check(c *asterisktest.Call, got []analysis.Verdict) {
	has := func(any []analysis.Verdict) bool {
		return slices.ContainsFunc(got, func(v analysis.Verdict) bool { return slices.Contains(any, v) })
	}
	switch {
	case c.Exposed() && !has(exposing):
		a.Errorf("%s (%s): %s, %s is %q: a leak left out\n%s", c.ID, c.Dialled, c.Leak, c.Kind, got, a.rows(c.ID))
	case !c.Exposed() && has(claims):
		a.Errorf("%s (%s, %s): %s is %q: a false alarm\n%s", c.ID, c.Dialled, c.Phase, c.Kind, got, a.rows(c.ID))
	}
	if a.proven(c) && !slices.Contains(got, analysis.PlaybackConfirmed) {
		a.Errorf("%s (%s): %s, %s is %q: a playback that is proven\n%s", c.ID, c.Dialled, c.Leak, c.Kind, got, a.rows(c.ID))
	}
	if c.Leak == asterisktest.Misdelivery && (a.events || a.spool && c.Left != nil) && !slices.Contains(got, analysis.Misdelivered) {
		a.Errorf("%s (%s): %s is %q\n%s", c.ID, c.Dialled, c.Leak, got, a.rows(c.ID))
	}
}

// rows is what the exports have of a call.
func (a *auditor) rows(call string) string {
	var rows strings.Builder
	for _, name := range []string{a.rec.Master, a.rec.CEL} {
		text, err := os.ReadFile(name)
		if err != nil {
			a.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, `"`+call+`"`) {
				rows.WriteString(line)
			}
		}
	}
	return rows.String()
}

// affected wants every mailbox whose messages were within a stranger's reach in
// the list of the affected, as far as the records name it.
func (a *auditor) affected(change string) {
	var list struct{ Extensions []struct{ Extension string } }
	a.decode(&list, "affected", "--change", change, "--format", "json")
	listed := map[string]bool{}
	for _, e := range list.Extensions {
		listed[e.Extension] = true
	}
	for _, c := range a.rec.Calls {
		named := c.Dialled
		if a.events || c.Leak == asterisktest.Elsewhere {
			named = c.Mailbox
		}
		if c.Exposed() && !listed[named] {
			a.Errorf("%s: %s was exposed (%s) and is not among the affected", c.ID, named, c.Leak)
		}
	}
}

// table prints how the calls were judged.
func (a *auditor) table(change string, verdicts map[string][]analysis.Verdict) {
	counts := map[string]int{}
	for _, c := range a.rec.Calls {
		what := c.Phase + ", " + c.Kind
		switch {
		case c.Exposed():
			what = "leak: " + c.Leak
		case c.Leak != "":
			what = c.Leak + ", " + c.Kind
		}
		judged := fmt.Sprint(verdicts[c.ID])
		counts[what+"\t"+judged]++
	}
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, row := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(w, "%s\t%d\n", row, counts[row])
	}
	_ = w.Flush() // into memory
	a.Logf("change %q, calls by verdict:\n%s", change, out.String())
}
