package number

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var townPlan = &Plan{
	Extensions: []string{"4100-4199", "25XXX"},
	Access:     []string{"8500", "*98"},
	DIDs:       map[string]string{"+468465004": "41", "+46846500": "999", "+463139006": "99"},
	Outside:    []string{"0", "00", "9"},
}

// TestSamePerson is the reason for the package: one person, one token.
func TestSamePerson(t *testing.T) {
	for _, group := range [][]string{
		{
			"0701740617", "+46701740617", "0046701740617", "46701740617", "070-174 06 17", "+46 (0)70-174 06 17",
			"tel:+46-70-174-06-17", "tel:701740617;phone-context=+46", "sip:+46701740617@pbx.example.org;user=phone",
			"SIP:0701740617@pbx.example.org", `"Kim" <sip:+46701740617@example.org:5060;user=phone>;tag=1`,
			`"0701740617" <0701740617>`, "sip:%2B46701740617@example.org", "sips:0701740617:secret@example.org",
			"00701740617", "000701740617", "90701740617", "00046701740617", "#31#0701740617", "*31#0701740617", "*21*0701740617#", "*21*0701740617*25#",
			" 0701740617 ", "070\u00a0174\u00a006\u00a017",
		},
		{"031-390 06 00", "0313900600", "+46313900600", "sip:0313900600@example.org"},
		{"0980-319 200", "+46980319200", "0046980319200"},
		{"040-628 04 00", "040 628 04 00", "+46406280400"},
		{"Internal Revenue Service", "internal revenue service"},
	} {
		n := NewNormaliser(townPlan, NewKey())
		want := n.Party(group[0])
		if want.Class != External || !IsToken(want.ID) {
			t.Errorf("Party(%q) = %+v, want an external token", group[0], want)
		}
		for _, raw := range group[1:] {
			if got := n.Party(raw); got != want {
				e164, _ := n.E164(raw)
				t.Errorf("Party(%q) = %+v (%s), want %+v as for %q", raw, got, e164, want, group[0])
			}
		}
	}
}

func TestE164(t *testing.T) {
	for _, c := range []struct {
		plan  *Plan
		raw   string
		want  string
		class Class
	}{
		{townPlan, "4105", "4105", Internal},
		{townPlan, "sip:4105@pbx.example.org", "4105", Internal},
		{townPlan, "25123", "25123", Internal},
		{townPlan, "8500", "8500", Internal},
		{townPlan, "*98", "*98", Internal},
		{townPlan, "*21#", "*21#", Internal},
		{townPlan, "*98*4711#", "*98", Internal},                    // a PIN behind the code
		{&Plan{Access: []string{"8500"}}, "4555", "4555", Internal}, // the plan lists no extensions
		{townPlan, "0846500412", "4112", Internal},                  // the longest block wins
		{townPlan, "+46846500412", "4112", Internal},
		{townPlan, "0313900600", "+46313900600", External}, // in a block, but no extension
		{townPlan, "", "", Withheld},
		{townPlan, "Anonymous", "", Withheld},
		{townPlan, "sip:anonymous@anonymous.invalid", "", Withheld},
		{townPlan, `"Anonymous" <anonymous>`, "", Withheld},
		{townPlan, "+", "", Withheld},
		{townPlan, "Restricted", "", Withheld},
		{townPlan, "Out of Area", "", Withheld},
		{townPlan, "+447700900123", "+447700900123", Foreign},
		{townPlan, "00447700900123", "+447700900123", Foreign},
		{townPlan, "+46313900600", "+46313900600", External},
		{townPlan, "Kommunens växel", "raw:kommunens växel", External},
		{townPlan, "*21*12345*54321*11#", "raw:*21*12345*54321*11#", External},
		{nil, "4105", "4105", Internal},
		{nil, "12345", "12345", Internal},
		{nil, "*98", "*98", Internal},
		{nil, "0846500412", "+46846500412", External},
		{&Plan{Country: "GB"}, "07700 900123", "+447700900123", External},
		{&Plan{Country: "GB"}, "+46701740617", "+46701740617", Foreign},
	} {
		got, class := NewNormaliser(c.plan, NewKey()).E164(c.raw)
		if got != c.want || class != c.class {
			t.Errorf("E164(%q) = %q, %s, want %q, %s", c.raw, got, class, c.want, c.class)
		}
	}
}

var longRun = regexp.MustCompile(`\d{6,}`)

// leaks returns a digit run of six or more of raw that id shows, "" if none.
func leaks(raw string, p Party) string {
	if p.Class == Internal {
		return ""
	}
	for _, run := range longRun.FindAllString(raw, -1) {
		if strings.Contains(p.ID, run) {
			return run
		}
	}
	return ""
}

func TestPartyShowsNoNumber(t *testing.T) {
	n := NewNormaliser(townPlan, NewKey())
	bare := NewNormaliser(nil, n.key)
	spelled := rapid.StringMatching(`(sip:|tel:|"[a-z ]*" <)?[+*#]?[0-9*# -]{0,16}(@[a-z.]+|>)?[;a-z=+0-9]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.OneOf(spelled, rapid.String()).Draw(t, "raw")
		for _, n := range []*Normaliser{n, bare} {
			p := n.Party(raw)
			if run := leaks(raw, p); run != "" {
				t.Fatalf("Party(%q) = %+v shows %s", raw, p, run)
			}
			if n == bare && p.Class == Internal && longRun.MatchString(p.ID) {
				t.Fatalf("Party(%q) = %+v shows a number without a plan", raw, p)
			}
			if p.Known() == (p.Class == Withheld) {
				t.Fatalf("Party(%q) = %+v: lost", raw, p)
			}
			if again := n.Clone().PartyBytes([]byte(raw)); again != p {
				t.Fatalf("a clone makes %+v of %q, not %+v", again, raw, p)
			}
		}
	})
}

func FuzzParty(f *testing.F) {
	for _, s := range []string{"0701740617", "sip:+46701740617@example.org;user=phone", `"x" <4105>`, "*21*0313900600#", "tel:7;phone-context=+", "\xff<", "<>@;:", ""} {
		f.Add(s)
	}
	n := NewNormaliser(townPlan, NewKey())
	f.Fuzz(func(t *testing.T, raw string) {
		p := n.Party(raw)
		if run := leaks(raw, p); run != "" {
			t.Errorf("Party(%q) = %+v shows %s", raw, p, run)
		}
		if p != n.Clone().Party(raw) {
			t.Errorf("Party(%q) is not the same twice", raw)
		}
		if box := n.Mailbox(raw); box != strings.TrimSpace(raw) && !IsToken(box) && !n.plan.IsExtension(box) && !n.plan.IsAccess(box) && p.Class != Internal {
			t.Errorf("Mailbox(%q) = %q", raw, box)
		}
	})
}

func TestMailbox(t *testing.T) {
	n := NewNormaliser(&Plan{Extensions: []string{"4100-4199", "8465004XX"}}, NewKey())
	for raw, want := range map[string]string{
		"4102": "4102", "846500412": "846500412", "reception": "reception", "": "", " 4102 ": "4102",
		"0701740617":        n.Party("0701740617").ID,
		"Kim <0701740617>":  n.Party("0701740617").ID,
		"kim 070-174 06 17": n.Party("kim 070-174 06 17").ID,
	} {
		if got := n.Mailbox(raw); got != want {
			t.Errorf("Mailbox(%q) = %q, want %q", raw, got, want)
		}
	}
}

// TestMemoIsBounded lets every number be forgotten and learnt again.
func TestMemoIsBounded(t *testing.T) {
	n := NewNormaliser(nil, NewKey())
	for i := range 3*memoSize + 5 {
		n.Party(fmt.Sprint(i % 100000))
	}
	if len(n.now) > memoSize || len(n.old) > memoSize {
		t.Errorf("memo holds %d and %d, limit %d each", len(n.now), len(n.old), memoSize)
	}
}

func TestDigestIsKeyed(t *testing.T) {
	k := NewKey()
	a, b := NewNormaliser(nil, k), NewNormaliser(townPlan, k)
	if a.Digest([]byte("x")) != b.Digest([]byte("x")) {
		t.Error("two normalisers with one key digest differently")
	}
	if a.Digest([]byte("x")) == NewNormaliser(nil, NewKey()).Digest([]byte("x")) {
		t.Error("two keys digest alike")
	}
}

func BenchmarkPartyKnown(b *testing.B) {
	n := NewNormaliser(nil, NewKey())
	raw := []byte("0701740617")
	b.ReportAllocs()
	for b.Loop() {
		n.PartyBytes(raw)
	}
}

func BenchmarkPartyNew(b *testing.B) {
	n := NewNormaliser(nil, NewKey())
	for i := 0; b.Loop(); i++ {
		n.Party(fmt.Sprintf("07017406%09d", i))
	}
}
