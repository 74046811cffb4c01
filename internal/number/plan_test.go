package number

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestPlan(t *testing.T) {
	var p Plan
	err := yaml.UnmarshalWithOptions([]byte(`
country: se
extensions: ["4100-4199", 25XXX, "7ZN"]
access: ["8500", "*98"]
dids: {"+468465004": "41"}
outside: ["0"]
`), &p, yaml.Strict())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	for digits, want := range map[string]bool{"4100": true, "4199": true, "4200": false, "41000": false, "25000": true, "2500": false, "712": true, "702": false, "711": false, "": false, "41a0": false} {
		if p.IsExtension(digits) != want {
			t.Errorf("IsExtension(%q) = %t", digits, !want)
		}
	}
	if !p.IsAccess("*98") || p.IsAccess("98") || !p.Given() {
		t.Error("access numbers are not understood")
	}
	var none *Plan
	if none.Given() || none.IsExtension("4100") || none.IsAccess("*98") || none.Validate() != nil || (&Plan{Country: "NO"}).Given() {
		t.Error("an empty plan claims to know something")
	}
}

func TestPlanRefuses(t *testing.T) {
	for want, p := range map[string]Plan{
		`country "Sverige"`:   {Country: "Sverige"},
		`range "4199-4100"`:   {Extensions: []string{"4199-4100"}},
		`range "99-100"`:      {Extensions: []string{"99-100"}},
		`"41 00"`:             {Extensions: []string{"41 00"}},
		`""`:                  {Access: []string{""}},
		`"08465"`:             {DIDs: map[string]string{"08465": "4"}},
		`prefix "+46"`:        {Outside: []string{"+46"}},
		`"+468465": "x" must`: {DIDs: map[string]string{"+468465": "x"}},
	} {
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate(%+v) = %v, want it to name %s", p, err, want)
		}
	}
}
