package analysis_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"vmaudit/analysis"
	"vmaudit/internal/store"
)

// TestSlices: however finely the questions are cut, the answers are the same.
func TestSlices(t *testing.T) {
	ask := func(t *testing.T) string {
		w := newTown(t, nil)
		for _, f := range [][2]string{{"asterisk-cdr", "Master.csv"}, {"asterisk-cel", "cel.csv"}, {"asterisk-spool", "spool.csv"}} {
			w.load(f[0], filepath.Join(recorded, f[1]))
		}
		w.directory(unprotected(t))
		audit := w.audit(store.Change{ID: "upgrade", From: faulty})
		list, err := w.auditor.Affected(t.Context(), audit, analysis.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		summary, err := w.auditor.Summarise(t.Context(), audit)
		if err != nil {
			t.Fatal(err)
		}
		if list.Exposed == 0 {
			t.Fatal("nobody is exposed")
		}
		answer, err := json.MarshalIndent([]any{list, summary}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}
	whole := ask(t)
	analysis.Slice(t, 60)
	if cut := ask(t); cut != whole {
		t.Errorf("in slices:\n%s\nat once:\n%s", cut, whole)
	}
}

// TestOverMidnight: a call that reached voicemail the day after it began reached it,
// also when the days are derived one by one.
func TestOverMidnight(t *testing.T) {
	analysis.Slice(t, 1)
	w := newTown(t, nil)
	night := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC).Sub(noon)
	w.loadText("asterisk-cel", event{call: "1", name: "CHAN_START", src: somebody, dialled: "4101", after: night - 5*time.Second}.String()+
		event{call: "1", name: "APP_START", src: somebody, dialled: "4101", app: "VoiceMail", data: "4101@default,u", after: night + 5*time.Second}.String())
	summary, err := w.auditor.Summarise(t.Context(), w.audit(store.Change{ID: "c", From: noon.Add(-time.Hour)}))
	if err != nil {
		t.Fatal(err)
	}
	if n := summary.Sessions[analysis.NoVoicemail]; n != 0 {
		t.Errorf("%d calls reached no voicemail, want none", n)
	}
}
