package replay2019

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	_ "time/tzdata"
)

func written(t *testing.T) (string, *Truth) {
	t.Helper()
	dir := t.TempDir()
	truth, err := Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, truth
}

// rows reads a CSV without its heading.
func rows(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil || len(all) < 100 {
		t.Fatalf("%s: %d rows, %v", name, len(all), err)
	}
	return all[1:]
}

// TestTruth: the counts of the report.
func TestTruth(t *testing.T) {
	_, truth := written(t)
	fewest, most, total, here := mostSessions, 1, 0, 0
	for _, x := range truth.Exposed {
		if x.Controller == Skarholmen {
			n := len(x.Sessions)
			fewest, most, total, here = min(fewest, n), max(most, n), total+n, here+1
		}
	}
	if len(truth.Exposed) != 730 || here != 23 || fewest != 1 || most != 15 || total < 37 || total > 331 {
		t.Errorf("%d exposed, %d in Skärholmen with %d to %d sessions, %d in all", len(truth.Exposed), here, fewest, most, total)
	}
	if truth.Confirmed == 0 || truth.Confirmed == len(truth.Exposed) {
		t.Errorf("playback in %d", truth.Confirmed)
	}
}

// TestSame: every run writes the same.
func TestSame(t *testing.T) {
	a, _ := written(t)
	b, _ := written(t)
	files, err := os.ReadDir(a)
	if err != nil || len(files) != 6 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		one, errOne := os.ReadFile(filepath.Join(a, f.Name()))
		two, errTwo := os.ReadFile(filepath.Join(b, f.Name()))
		if errOne != nil || errTwo != nil || !bytes.Equal(one, two) {
			t.Errorf("%s is another in another run: %v, %v", f.Name(), errOne, errTwo)
		}
	}
}

// TestNotOver: nothing is written over.
func TestNotOver(t *testing.T) {
	dir, _ := written(t)
	if _, err := Write(dir); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("written twice: %v", err)
	}
}

// TestNobody: callers are extensions of the plan, reserved numbers, or withheld;
// no outside caller has an owner's mobile; every kind of control is there.
func TestNobody(t *testing.T) {
	dir, _ := written(t)
	fiction := regexp.MustCompile(`^(|2[567]\d{3}|08465004\d\d|03139006\d\d|04062804\d\d|09803192\d\d|07017406(0[5-9]|[1-9]\d))$`)
	owners := map[string]bool{}
	for _, row := range rows(t, filepath.Join(dir, "directory.csv")) {
		if row[2] != "" {
			owners[row[2]] = true
		}
		if !fiction.MatchString(row[2]) {
			t.Errorf("the mobile %q is not reserved for fiction", row[2])
		}
	}
	for _, row := range rows(t, filepath.Join(dir, "poor.csv")) {
		if !fiction.MatchString(row[3]) || owners[row[3]] && row[4] != accessNumber {
			t.Errorf("record %s: caller %q of %s", row[0], row[3], row[4])
		}
	}
	seen := map[string]bool{}
	for _, row := range rows(t, filepath.Join(dir, "controls.csv")) {
		seen[row[0]] = true
	}
	for _, k := range Controls {
		if !seen[k] {
			t.Errorf("no control of kind %q", k)
		}
	}
	if len(seen) != len(Controls) || len(owners) != mobiles || slices.Contains(Controls, string(deposit)) {
		t.Errorf("controls of %d kinds, %d mobiles", len(seen), len(owners))
	}
}
