package analysis_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmaudit/analysis"
	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// leg is a row of an Asterisk CDR.
type leg struct {
	call             string
	src, dst         string
	app, data        string
	partner          string // dstchannel
	at               time.Time
	seconds          int
	disposition, seq string
}

func (l leg) String() string {
	if l.at.IsZero() {
		l.at = noon
	}
	if l.seconds == 0 {
		l.seconds = 30
	}
	if l.disposition == "" {
		l.disposition = "ANSWERED"
	}
	if l.seq == "" {
		l.seq = "1"
	}
	id := fmt.Sprintf("%d.%s", noon.Unix(), l.call)
	end := l.at.Add(time.Duration(l.seconds) * time.Second)
	return fmt.Sprintf(`"","%s","%s","vm","","PJSIP/t-%s","%s","%s","%s","%s","%s","%s",%d,%d,"%s","DOCUMENTATION","%s","","","%s",%s`+"\n",
		l.src, l.dst, l.call, l.partner, l.app, l.data, l.at.Format(time.DateTime), l.at.Format(time.DateTime), end.Format(time.DateTime), l.seconds, l.seconds, l.disposition, id, id, l.seq)
}

// event is a row of an Asterisk CEL.
type event struct {
	call, name       string
	leg              string // default: the call's first
	src, dialled     string
	rdnis            string
	app, data, extra string
	after            time.Duration
}

func (e event) String() string {
	id := fmt.Sprintf("%d.%s", noon.Unix(), e.call)
	return fmt.Sprintf(`"%s","%s","%s","%s","%s","%s","%s","%s","vm","PJSIP/t-%s","%s","%s","3","","%s%s","%s","","","","%s"`+"\n",
		e.name, noon.Add(e.after).Format("2006-01-02 15:04:05.000"), e.src, e.src, e.src, e.rdnis, e.dialled, e.dialled, e.call, e.app, e.data, id, e.leg, id, strings.ReplaceAll(e.extra, `"`, `""`))
}

const townDirectory = `extension,did,mobile,mailbox,name,controller,protected,valid_from,valid_to
4101,08-465 004 01,070-174 06 11,4101,Alva Ek,EAV,no,,
4102,,,4102,Birger Lund,SKH,no,,
4103,,,4900,Cilla Dahl,SKH,no,,
4104,,,4900,Dan Holm,SKH,no,,
4105,,,4105,Ebba Strand,EAV,no,,2026-03-01
4105,,,4105,Folke Berg,SKH,no,2026-03-02,
`

// TestVerdicts gives every trap its own call, and the verdict, the mailbox and
// the reasons that it must have.
func TestVerdicts(t *testing.T) {
	const stranger, alvasMobile = "0701740699", "0701740611"
	spool := func(box string) string { return "/var/spool/asterisk/voicemail/default/" + box + "/INBOX/msg0000" }
	tests := []struct {
		name   string
		rows   []fmt.Stringer
		want   analysis.Verdict
		grade  string
		box    string
		reason string // one of them
	}{
		{"a deposit", []fmt.Stringer{leg{src: stranger, dst: "4101", app: "VoiceMail", data: "4101@default,u"}}, analysis.DepositLogged, "B", "4101", "deposit-application"},
		{"hidden behind Dial", []fmt.Stringer{leg{src: stranger, dst: "4101", app: "Dial", data: "PJSIP/4101,20"}}, analysis.NotExcluded, "C", "4101", "answered-by-nobody-named"},
		{"hidden behind Hangup", []fmt.Stringer{leg{src: stranger, dst: "4101", app: "Hangup"}}, analysis.NotExcluded, "C", "4101", "answered-by-nobody-named"},
		{"dialled by DID", []fmt.Stringer{leg{src: stranger, dst: "0846500401", app: "Dial", data: "PJSIP/4101,20"}}, analysis.NotExcluded, "C", "4101", "answered-by-nobody-named"},
		{"dialled by a DID that nobody knows", []fmt.Stringer{leg{src: stranger, dst: "0846500455", app: "Dial", data: "PJSIP/4101,20"}}, analysis.NotExcluded, "C", "", "mailbox-unknown"},
		{"dialled by the whole DID", []fmt.Stringer{leg{src: stranger, dst: "+46846500401", app: "Dial", data: "PJSIP/4101,20"}}, analysis.NotExcluded, "C", "4101", "answered-by-nobody-named"},
		{"the mailbox opened", []fmt.Stringer{leg{src: stranger, dst: "4102", app: "VoiceMailMain", data: "4102@default,sa(0)"}}, analysis.MailboxOpened, "B", "4102", "opened-without-pin"},
		{"another's mailbox opened", []fmt.Stringer{leg{src: stranger, dst: "4101", app: "VoiceMailMain", data: "4102@default,s"}}, analysis.MailboxOpened, "B", "4102", "dialled 4101"},
		{"a PIN was asked for", []fmt.Stringer{leg{src: stranger, dst: "4102", app: "VoiceMailMain", data: "4102@default"}}, analysis.NotExcluded, "B", "4102", "pin-demanded"},
		{"an s inside another option", []fmt.Stringer{leg{src: stranger, dst: "4102", app: "VoiceMailMain", data: "4102@default,g(s)"}}, analysis.NotExcluded, "B", "4102", "pin-demanded"},
		{"a stranger at the access number", []fmt.Stringer{leg{src: stranger, dst: "8500", app: "VoiceMailMain", data: "@default"}}, analysis.NotExcluded, "B", "", "pin-demanded"},
		{"the owner's desk at the access number", []fmt.Stringer{leg{src: "4101", dst: "8500", app: "VoiceMailMain", data: "@default"}}, analysis.OwnerAccess, "B", "4101", "owner-number"},
		{"the owner's mobile at the access number", []fmt.Stringer{event{name: "APP_START", src: alvasMobile, dialled: "*98", app: "VoiceMailMain", data: "@default,s"}}, analysis.OwnerAccess, "B", "4101", "owner-number"},
		{"the owner let in without PIN", []fmt.Stringer{event{name: "APP_START", src: "4101", dialled: "*98", app: "VoiceMailMain", data: "4101@default,s"}}, analysis.OwnerAccess, "B", "4101", "owner-number"},
		{"the owner's number let in without PIN, where the records tell no diversion", []fmt.Stringer{leg{src: "4101", dst: "*98", app: "VoiceMailMain", data: "4101@default,s"}}, analysis.NotExcluded, "C", "4101", "owner-not-proven"},
		{"the owner let into another's", []fmt.Stringer{leg{src: "4101", dst: "*98", app: "VoiceMailMain", data: "4102@default,s"}}, analysis.MailboxOpened, "B", "4102", "opened-without-pin"},
		{"a diverted call with the owner's number", []fmt.Stringer{leg{src: "4101", dst: "4101", app: "VoiceMailMain", data: "4101@default,s"}}, analysis.NotExcluded, "C", "4101", "owner-number-on-diverted-leg"},
		{"the owner's mobile to the own extension", []fmt.Stringer{leg{src: alvasMobile, dst: "4101", app: "VoiceMailMain", data: "4101@default"}}, analysis.NotExcluded, "B", "4101", "owner-number-on-diverted-leg"},
		{"diverted to the access number", []fmt.Stringer{
			event{name: "APP_START", src: "4101", rdnis: "4101", dialled: "8500", app: "VoiceMailMain", data: "4101@default,s"},
		}, analysis.MailboxOpened, "B", "4101", "owner-number-on-diverted-leg"},
		{"one of a shared mailbox's owners", []fmt.Stringer{event{name: "APP_START", src: "4104", dialled: "8500", app: "VoiceMailMain", data: "4900@default,s"}}, analysis.OwnerAccess, "B", "4900", "owner-number"},
		{"a deposit in a shared mailbox", []fmt.Stringer{leg{src: stranger, dst: "4103", app: "VoiceMail", data: "4900@default,u"}}, analysis.DepositLogged, "B", "4900", "deposit-application"},
		{"misdelivered", []fmt.Stringer{leg{src: stranger, dst: "4101", app: "VoiceMail", data: "4102@default,u"}}, analysis.Misdelivered, "B", "4102", "dialled 4101"},
		{"another tenant's mailbox of that number", []fmt.Stringer{leg{src: stranger, dst: "4101", app: "VoiceMailMain", data: "4101@school,s"}}, analysis.MailboxOpened, "B", "4101@school", "dialled 4101"},
		{"spool files played", []fmt.Stringer{leg{src: stranger, dst: "4101", app: "Playback", data: spool("4102") + "&" + spool("4102")}}, analysis.PlaybackConfirmed, "A", "4102", "message-played"},
		{"a message streamed without PIN", []fmt.Stringer{
			event{name: "APP_START", src: stranger, dialled: "4101", app: "VoiceMailMain", data: "4101@default,s"},
			event{name: "STREAM_BEGIN", src: stranger, dialled: "4101", app: "VoiceMailMain", data: "4101@default,s", extra: `{"sound":"` + spool("4101") + `"}`, after: time.Second},
			event{name: "HANGUP", src: stranger, dialled: "4101", extra: `{"hangupcause":16}`, after: time.Minute},
		}, analysis.PlaybackConfirmed, "A", "4101", "message-played"},
		{"an envelope streamed", []fmt.Stringer{
			event{name: "STREAM_BEGIN", src: stranger, dialled: "4101", app: "VoiceMailMain", data: "4101@default,s", extra: `{"sound":"vm-received"}`},
		}, analysis.PlaybackConfirmed, "A", "4101", "envelope-played"},
		{"a greeting that is a message", []fmt.Stringer{
			event{name: "STREAM_BEGIN", src: stranger, dialled: "4101", app: "VoiceMail", data: "4101@default,u", extra: `{"sound":"` + spool("4101") + `"}`},
		}, analysis.PlaybackConfirmed, "A", "4101", "message-played"},
		{"a message streamed after a PIN", []fmt.Stringer{
			event{name: "STREAM_BEGIN", src: stranger, dialled: "8500", app: "VoiceMailMain", data: "4101@default", extra: `{"sound":"` + spool("4101") + `"}`},
		}, analysis.NotExcluded, "B", "4101", "pin-demanded"},
		{"logged when the caller had gone", []fmt.Stringer{
			event{name: "HANGUP", src: stranger, dialled: "4101", extra: `{"hangupcause":16}`, after: time.Second},
			event{name: "STREAM_BEGIN", src: stranger, dialled: "4101", app: "Playback", data: spool("4101"), extra: `{"sound":"` + spool("4101") + `"}`, after: time.Second},
		}, analysis.NotExcluded, "C", "4101", "playback-logged-after-hangup"},
		{"the CDR hides what the CEL shows", []fmt.Stringer{
			leg{src: stranger, dst: "4101", app: "Dial", data: "PJSIP/4101,20"},
			event{name: "APP_START", src: stranger, dialled: "4101", app: "VoiceMail", data: "4101@default,u"},
		}, analysis.DepositLogged, "B", "4101", "deposit-application"},
		{"a withheld number", []fmt.Stringer{leg{src: "anonymous", dst: "4101", app: "VoiceMailMain", data: "4101@default,s"}}, analysis.MailboxOpened, "B", "4101", "opened-without-pin"},
		{"our own call", []fmt.Stringer{leg{src: "08-465 004 99", dst: "4101", app: "VoiceMailMain", data: "4101@default,s"}}, analysis.Probe, "A", "4101", "probe-number"},
		{"an extension that nobody knows", []fmt.Stringer{leg{src: stranger, dst: "4999", app: "VoiceMailMain", data: "4999@default,s"}}, analysis.MailboxOpened, "B", "4999", "opened-without-pin"},
		{"in the mailbox since before the window", []fmt.Stringer{leg{src: stranger, dst: "4101", app: "VoiceMail", data: "4101@default,u", at: noon.Add(-time.Hour - 10*time.Second)}}, analysis.DepositLogged, "B", "4101", "deposit-application"},
	}
	w := newTown(t, nil)
	w.auditor.Probes = []string{w.numbers.Party("08-465 004 99").ID}
	var rows []fmt.Stringer
	for i, test := range tests {
		rows = append(rows, asCall(strconv.Itoa(i), test.rows)...)
	}
	w.loadRows(rows)
	w.directoryText(townDirectory)
	byCall := map[string][]analysis.Session{}
	for _, s := range w.sessions(w.audit(store.Change{ID: "c", From: noon.Add(-time.Hour), To: noon.Add(time.Hour)})) {
		_, call, _ := strings.Cut(s.Call, ".")
		byCall[call] = append(byCall[call], s)
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sessions := byCall[strconv.Itoa(i)]
			if len(sessions) != 1 {
				t.Fatalf("%d sessions, want 1: %+v", len(sessions), sessions)
			}
			s := sessions[0]
			if s.Verdict != test.want || s.Grade != test.grade || s.Mailbox != test.box || !slices.Contains(s.Reasons, test.reason) {
				t.Errorf("got %s, grade %s, mailbox %q, reasons %q\nwant %s, grade %s, mailbox %q, reason %q", s.Verdict, s.Grade, s.Mailbox, s.Reasons, test.want, test.grade, test.box, test.reason)
			}
		})
	}
}

// asCall makes the rows those of one call.
func asCall(call string, rows []fmt.Stringer) []fmt.Stringer {
	var out []fmt.Stringer
	for _, r := range rows {
		switch r := r.(type) {
		case leg:
			r.call, r.seq = call, call
			out = append(out, r)
		case event:
			r.call = call
			out = append(out, r)
		}
	}
	return out
}

// loadRows imports legs as CDR and events as CEL.
func (w *town) loadRows(rows []fmt.Stringer) {
	w.Helper()
	var legs, events string
	for _, r := range rows {
		switch r := r.(type) {
		case leg:
			legs += r.String()
		case event:
			events += r.String()
		}
	}
	if legs != "" {
		w.loadText("asterisk-cdr", legs)
	}
	if events != "" {
		w.loadText("asterisk-cel", events)
	}
}

// TestNoSession are calls that never were at a mailbox, or outside the window.
func TestNoSession(t *testing.T) {
	calls := map[string]leg{
		"answered by a person":     {src: "0701740699", dst: "4101", app: "Dial", data: "PJSIP/4101,20", partner: "PJSIP/4101-1"},
		"not answered":             {src: "0701740699", dst: "4101", app: "Dial", data: "PJSIP/4101,20", disposition: "NO ANSWER"},
		"in a queue":               {src: "0701740699", dst: "4101", app: "Queue", data: "support"},
		"ended before the window":  {src: "0701740699", dst: "4101", app: "VoiceMail", data: "4101@default,u", at: noon.Add(-time.Hour - 31*time.Second)},
		"began when it had closed": {src: "0701740699", dst: "4101", app: "VoiceMail", data: "4101@default,u", at: noon.Add(time.Hour)},
	}
	w := newTown(t, nil)
	rows := []fmt.Stringer{leg{call: "good", seq: "99", src: "0701740699", dst: "4102", app: "VoiceMail", data: "4102@default,u"}}
	seq := 0
	for name, row := range calls {
		seq++
		row.call, row.seq = strings.ReplaceAll(name, " ", "-"), strconv.Itoa(seq)
		rows = append(rows, row)
	}
	w.loadRows(rows)
	w.directoryText(townDirectory)
	sessions := w.sessions(w.audit(store.Change{ID: "c", From: noon.Add(-time.Hour), To: noon.Add(time.Hour)}))
	if len(sessions) != 1 || !strings.HasSuffix(sessions[0].Call, ".good") {
		t.Errorf("sessions %+v, want the good one only", sessions)
	}
}

// TestPlan: with a numbering plan only its access numbers are such.
func TestPlan(t *testing.T) {
	plan := &number.Plan{Extensions: []string{"4100-4999"}, Access: []string{"8500"}}
	w := newTown(t, plan)
	w.loadRows([]fmt.Stringer{
		leg{call: "1", src: "0701740699", dst: "4777", app: "Dial", data: "PJSIP/4777,20"},
		leg{call: "2", src: "0701740699", dst: "8500", app: "VoiceMailMain", data: "@default", seq: "2"},
	})
	w.directoryText(townDirectory)
	got := map[string]string{}
	for _, s := range w.sessions(w.audit(store.Change{ID: "c", From: noon.Add(-time.Hour)})) {
		got[s.Dialled] = s.Mailbox
	}
	if diff := cmp.Diff(map[string]string{"4777": "4777", "": ""}, got); diff != "" {
		t.Errorf("mailboxes by dialled extension (-want +got):\n%s", diff)
	}
}

// TestHolders: who held the extension then, both who share a mailbox, and who is
// not in the directory.
func TestHolders(t *testing.T) {
	w := newTown(t, nil)
	open := func(call, ext, box string, at time.Time) leg {
		return leg{call: call, seq: call, src: "0701740699", dst: ext, app: "VoiceMailMain", data: box + "@default,s", at: at}
	}
	w.loadRows([]fmt.Stringer{
		open("1", "4105", "4105", noon.AddDate(0, 0, -2)), open("2", "4105", "4105", noon),
		open("3", "4103", "4900", noon), open("4", "4999", "4999", noon),
	})
	w.directoryText(townDirectory)
	audit := w.audit(store.Change{ID: "c", From: noon.AddDate(0, 0, -7)})
	list, err := w.auditor.Affected(t.Context(), audit, analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range list.Extensions {
		got = append(got, fmt.Sprintf("%s %s %d", x.Extension, x.Name, x.Sessions))
	}
	want := []string{"4103 Cilla Dahl 1", "4104 Dan Holm 1", "4105 Ebba Strand 1", "4105 Folke Berg 1", "4999  1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("affected (-want +got):\n%s", diff)
	}
	if list.Exposed != 4 {
		t.Errorf("%d extensions exposed, want 4: 4105 is one, held by two", list.Exposed)
	}
}

// TestMidnight: a call over midnight is one session, whichever leg comes first in
// whichever file.
func TestMidnight(t *testing.T) {
	midnight := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	before := leg{call: "1", src: "0701740699", dst: "4101", app: "Dial", data: "PJSIP/4101,20", disposition: "NO ANSWER", at: midnight.Add(-20 * time.Second)}
	after := leg{call: "1", seq: "2", src: "0701740699", dst: "4101", app: "VoiceMailMain", data: "4101@default,s", at: midnight.Add(time.Second)}
	for _, order := range [][]fmt.Stringer{{before, after}, {after, before}} {
		w := newTown(t, nil)
		w.directoryText(townDirectory)
		change := store.Change{ID: "c", From: midnight.AddDate(0, 0, -1)}
		for _, row := range order {
			w.loadRows([]fmt.Stringer{row})
			if err := w.auditor.Derive(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if s := w.sessions(w.audit(change)); len(s) != 1 || s[0].Verdict != analysis.MailboxOpened {
			t.Errorf("sessions %+v, want one, opened", s)
		}
	}
}
