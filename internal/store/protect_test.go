package store_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"vmaudit/internal/number"
)

func (d *desk) directory(text string) {
	d.Helper()
	name := filepath.Join(d.TempDir(), "directory.csv")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		d.Fatal(err)
	}
	defer file.Close()
	if _, err := d.store.ImportDirectory(d.Context(), file, number.NewNormaliser(nil, d.key), time.UTC); err != nil {
		d.Fatal(err)
	}
}

// protects reports whether the directory that counts protects the extension, and
// whether it has it.
func (d *desk) protects(extension string) (protected, there bool) {
	d.Helper()
	holders, err := d.store.Holders(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	for _, h := range holders {
		if h.Extension == extension {
			protected, there = protected || h.Protected, true
		}
	}
	return protected, there
}

// TestProtectionStays: who was protected stays so until a file says otherwise,
// whatever is missing in it or wrong with it.
func TestProtectionStays(t *testing.T) {
	const good = "extension,name,protected\n4101,Alva Ek,no\n4107,Greta Ahl,yes\n"
	for name, test := range map[string]struct {
		then string
		want bool
	}{
		"no column":            {"extension,name\n4101,Alva Ek\n4107,Greta Ahl\n", true},
		"no row":               {"extension,name,protected\n4101,Alva Ek,no\n", true},
		"a broken row":         {"extension,name,protected\n4101,Alva Ek,no\n4107,Ahl, Greta,no\n", true},
		"a broken row, deputy": {"extension,name,protected\n4107,Ahl, Greta,yes\n4107,Deputy,no\n", true},
		"a bad date":           {"extension,name,protected,valid_from\n4107,Greta Ahl,yes,2019/02/22\n", true},
		"doubt":                {"extension,name,protected\n4107,Greta Ahl,perhaps\n", true},
		"said not to be":       {"extension,name,protected\n4107,Greta Ahl,no\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.directory(good)
			d.directory(test.then)
			if got, there := d.protects("4107"); got != test.want || !there {
				t.Errorf("protected %v, in the directory %v; want %v, true", got, there, test.want)
			}
		})
	}
}

// TestID: every database has an id of its own, which stays.
func TestID(t *testing.T) {
	one, two := newDesk(t), newDesk(t)
	ids := map[string]int{}
	for range 2 {
		for _, d := range []*desk{one, two} {
			id, err := d.store.ID(t.Context())
			if err != nil || len(id) < 16 {
				t.Fatalf("id %q, %v", id, err)
			}
			ids[id]++
		}
	}
	if len(ids) != 2 {
		t.Errorf("ids %v, want two, twice each", ids)
	}
}
