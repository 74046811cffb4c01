package analysis_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmaudit/analysis"
	"vmaudit/internal/store"
)

// platform writes the log of a voicemail platform (testdata/formats): one call,
// whose events are "SERVER EVENT BOX", a second apart.
func platform(call string, events ...string) string {
	var out strings.Builder
	for i, e := range events {
		server, what, _ := strings.Cut(e, " ")
		event, box, _ := strings.Cut(what, " ")
		event, result, _ := strings.Cut(event, ":")
		fmt.Fprintf(&out, "%s,c-%s,%s,%s,%s,%s,%s,4101\n", noon.Add(time.Duration(i)*time.Second).Format(time.DateTime), call, strings.Trim(server, "-"), event, result, box, somebody)
	}
	return out.String()
}

// platformTest is one call in the platform's log, and what is to be found in it.
type platformTest struct {
	events []string
	want   []string // "mailbox verdict", sorted
	reason string   // of the first; may be ""
}

// checkPlatform audits one log of all the calls, and looks at each.
func checkPlatform(t *testing.T, change store.Change, tests map[string]platformTest) {
	t.Helper()
	w := newTown(t, nil)
	key := strings.NewReplacer(" ", "-", ",", "", "'", "").Replace
	var text string
	for name, test := range tests {
		text += platform(key(name), test.events...)
	}
	w.loadText("platform", text)
	w.directoryText(townDirectory)
	byCall := map[string][]analysis.Session{}
	for _, s := range w.sessions(w.audit(change)) {
		byCall[s.Call] = append(byCall[s.Call], s)
	}
	for name, test := range tests {
		got := byCall["c-"+key(name)]
		if diff := cmp.Diff(test.want, found(got)); diff != "" {
			t.Errorf("%s: sessions (-want +got):\n%s", name, diff)
		} else if test.reason != "" && !slices.Contains(got[0].Reasons, test.reason) {
			t.Errorf("%s: reasons %q, want %q", name, got[0].Reasons, test.reason)
		}
	}
}

// TestServers: where every record names a server that was not changed, the session
// is out of scope, unless it shows a leak itself.
func TestServers(t *testing.T) {
	change := hour("c")
	change.Servers = []string{"um1", "um2"}
	checkPlatform(t, change, map[string]platformTest{
		"on a changed server":              {[]string{"um1 RECORD 4101"}, []string{"4101 deposit-logged"}, ""},
		"on another":                       {[]string{"um3 RECORD 4101"}, []string{"4101 out-of-scope"}, "server-not-changed"},
		"on two, one of them changed":      {[]string{"um3 RECORD 4101", "um2 RECORD 4101"}, []string{"4101 deposit-logged"}, ""},
		"on another, and one is not named": {[]string{"um3 RECORD 4101", "- RECORD 4101"}, []string{"4101 deposit-logged"}, ""},
		"on none that is named":            {[]string{"- RECORD 4101"}, []string{"4101 deposit-logged"}, ""},
		"opened on another":                {[]string{"um3 MENU 4101"}, []string{"4101 mailbox-opened"}, ""},
		"played on another":                {[]string{"um3 PLAY 4101"}, []string{"4101 playback-confirmed"}, ""},
		"misdelivered on another":          {[]string{"um3 RECORD 4102"}, []string{"4102 misdelivered"}, ""},
	})
}

// TestLogins: who gave the right PIN is no stranger from then on, in that mailbox.
func TestLogins(t *testing.T) {
	checkPlatform(t, hour("c"), map[string]platformTest{
		"right":                        {[]string{"um1 LOGIN:OK 4101"}, []string{"4101 owner-access"}, "pin-passed"},
		"right, then played":           {[]string{"um1 LOGIN:OK 4101", "um1 PLAY 4101", "um1 MENU 4101"}, []string{"4101 owner-access"}, "pin-passed"},
		"right, after a greeting":      {[]string{"um1 RECORD 4101", "um1 LOGIN:OK 4101", "um1 PLAY 4101"}, []string{"4101 owner-access"}, "pin-passed"},
		"right, no mailbox named":      {[]string{"um1 LOGIN:OK", "um1 PLAY 4101"}, []string{"4101 not-excluded"}, "pin-demanded"},
		"wrong":                        {[]string{"um1 LOGIN:FAIL 4101"}, []string{"4101 not-excluded"}, "pin-failed"},
		"wrong, then right":            {[]string{"um1 LOGIN:FAIL 4101", "um1 LOGIN:OK 4101"}, []string{"4101 not-excluded"}, "pin-failed"},
		"wrong, then played":           {[]string{"um1 LOGIN:FAIL 4101", "um1 PLAY 4101"}, []string{"4101 playback-confirmed"}, "message-played"},
		"wrong, then let in":           {[]string{"um1 LOGIN:FAIL 4101", "um1 MENU 4101"}, []string{"4101 mailbox-opened"}, "opened-without-pin"},
		"played, then right":           {[]string{"um1 PLAY 4101", "um1 LOGIN:OK 4101"}, []string{"4101 playback-confirmed"}, "message-played"},
		"let in, then right":           {[]string{"um1 MENU 4101", "um1 LOGIN:OK 4101"}, []string{"4101 mailbox-opened"}, "opened-without-pin"},
		"right, then another's played": {[]string{"um1 LOGIN:OK 4101", "um1 PLAY 4102"}, []string{"4101 owner-access", "4102 playback-confirmed"}, ""},
		"no mailbox named, two played": {[]string{"um1 LOGIN:OK", "um1 PLAY 4101", "um1 PLAY 4102"}, []string{"4101 playback-confirmed", "4102 playback-confirmed"}, "message-played"},
	})
}

// TestServersAreTold: the changed servers are part of what an audit is of, and
// what they leave out is said; a name that nobody has excludes nobody.
func TestServersAreTold(t *testing.T) {
	w := newTown(t, nil)
	w.loadText("platform", platform("1", "um3 RECORD 4101"))
	w.directoryText(townDirectory)
	change := hour("c")
	all := w.audit(change)
	change.Servers = []string{"um1", "um3"}
	some := w.audit(change)
	if some.ID == all.ID {
		t.Error("an audit of some servers passes for one of all")
	}
	if got := w.notes(some); !strings.Contains(got, `changed server "um1"; they name ["um3"]`) {
		t.Errorf("notes:\n%s", got)
	}
	change.Servers = []string{"UM9"}
	var unknown *analysis.UnknownServerError
	if _, err := w.auditor.Audit(t.Context(), change); !errors.As(err, &unknown) {
		t.Errorf("a server that nobody knows: %v", err)
	}
	w.loadText("platform", platform("2", "um1 RECORD 4102"))
	change.Servers = []string{"um1"}
	if got := w.notes(w.audit(change)); !strings.Contains(got, "1 sessions are out of scope because only servers") || strings.Contains(got, "list only") {
		t.Errorf("notes:\n%s", got)
	}
	if err := w.store.AddChange(t.Context(), change, false); err != nil {
		t.Fatal(err)
	}
	if got, err := w.store.Change(t.Context(), "c"); err != nil || !cmp.Equal(got.Servers, change.Servers) {
		t.Errorf("stored servers %q, %v", got.Servers, err)
	}
}

func (w *town) notes(audit *analysis.Audit) string {
	w.Helper()
	s, err := w.auditor.Summarise(w.Context(), audit)
	if err != nil {
		w.Fatal(err)
	}
	return strings.Join(s.Notes, "\n")
}

// TestAsOf: what began later is counted nowhere, and the audit never passes for
// that of the whole window.
func TestAsOf(t *testing.T) {
	w := newTown(t, nil)
	later := strings.ReplaceAll(platform("2", "um1 PLAY 4102"), "12:00:0", "12:30:0")
	w.loadText("platform", platform("1", "um1 RECORD 4101")+later)
	w.directoryText(townDirectory)
	summary := func(asOf time.Time) (*analysis.Audit, *analysis.Summary) {
		audit, err := w.auditor.AuditAsOf(t.Context(), hour("c"), asOf)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.auditor.Summarise(t.Context(), audit)
		if err != nil {
			t.Fatal(err)
		}
		return audit, s
	}
	full, all := summary(time.Time{})
	cut, some := summary(noon.Add(10 * time.Minute))
	end, same := summary(noon.Add(time.Hour))
	if full.ID == cut.ID || full.ID == end.ID || cut.ID == end.ID {
		t.Error("audits as of different times pass for one")
	}
	if all.Extensions.Exposed != 2 || all.Rows != 2 || all.AsOf != nil || !cmp.Equal(all.Extensions, same.Extensions) {
		t.Errorf("the whole window: %+v, and as of its end: %+v", all, same)
	}
	if some.Extensions != (analysis.Counts{Exposed: 1, DepositLogged: 1}) || some.Rows != 1 || some.Sessions[analysis.OutOfWindow] != 0 || some.Severity() != analysis.Possible {
		t.Errorf("as of 12:10: %+v", some)
	}
	if want := "on 2 March 2026, as known at 12:10 on 2 March 2026."; !strings.Contains(some.Statement.EN, want) {
		t.Errorf("%q, want %q in it", some.Statement.EN, want)
	}
	var early *analysis.TooEarlyError
	if _, err := w.auditor.AuditAsOf(t.Context(), hour("c"), noon.Add(-time.Hour)); !errors.As(err, &early) {
		t.Errorf("as of the window's beginning: %v", err)
	}
}

// TestMovedAfterLogin: that a message was heard when the PIN was wrong is
// suspected; when it was right, the owner heard it; a session with neither is told
// by the mailbox that stood open. A server that was not changed excuses none.
func TestMovedAfterLogin(t *testing.T) {
	w := newTown(t, nil)
	var log, spool string
	for i, c := range []string{"LOGIN:FAIL 4101", "LOGIN:OK 4102", "MENU 4105", "RECORD 4900"} {
		_, box, _ := strings.Cut(c, " ")
		log += platform(fmt.Sprint(i), "um3 "+c)
		spool += fmt.Sprintf("moved,%d,,default/%s/Old,%d-0000000%d,,,,,,\n", noon.Unix()+1, box, noon.Unix()-3600, i)
	}
	w.loadText("platform", log+platform("other", "um1 RECORD 4777"))
	w.loadText("asterisk-spool", spool)
	w.directoryText(townDirectory)
	change := hour("c")
	change.Servers = []string{"um1"}
	want := []string{"4101 playback-suspected", "4102 owner-access", "4105 playback-confirmed", "4777 deposit-logged", "4900 playback-suspected"}
	if diff := cmp.Diff(want, found(w.sessions(w.audit(change)))); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}
