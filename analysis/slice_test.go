package analysis_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

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
