package analysis_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"vmaudit/analysis"
	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

const somebody = "0701740699"

func hour(c string) store.Change {
	return store.Change{ID: c, From: noon.Add(-time.Hour), To: noon.Add(time.Hour), Basis: "stated"}
}

// found writes sessions as "mailbox verdict", sorted.
func found(sessions []analysis.Session) (out []string) {
	for _, s := range sessions {
		out = append(out, s.Mailbox+" "+string(s.Verdict))
	}
	slices.Sort(out)
	return out
}

// TestLeftOut are calls whose leak was once left out of the list, or taken for the
// owner's: what each must be found as.
func TestLeftOut(t *testing.T) {
	directory := townDirectory + "4107,,,4107@kommun,Greta Ahl,SKH,yes,,\n" +
		"4108,08-465 004 08,,4108,Henrik Sund,SKH,no,,\n4109,08-465 004 08,,4109,Ida Norén,SKH,no,,\n" +
		"410002,,,410002,Lars Hed,SKH,no,,2026-01-31\n"
	for ext := 4110; ext < 4116; ext++ {
		directory += fmt.Sprintf("%d,08-465 004 90,,%d,Staff,SKH,no,,\n", ext, ext)
	}
	for name, test := range map[string]struct {
		rows []fmt.Stringer
		want []string
	}{
		"diverted on a leg that shows no voicemail": {[]fmt.Stringer{
			leg{call: "1", seq: "1", src: somebody, dst: "4101", app: "Dial", data: "Local/8500@x,20", partner: "Local/8500@x-1;1"},
			leg{call: "1", seq: "2", src: "4101", dst: "8500", app: "VoiceMailMain", data: "4101@default,s"},
		}, []string{"4101 mailbox-opened"}},
		"nothing says what was dialled": {[]fmt.Stringer{
			leg{src: "4102", dst: "s", app: "VoiceMailMain", data: "4102@default,s"},
		}, []string{"4102 not-excluded"}},
		"two extensions in one call, nothing known of either": {[]fmt.Stringer{
			leg{seq: "1", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"},
			leg{seq: "2", src: somebody, dst: "4102", app: "Dial", data: "PJSIP/4102,20", at: noon.Add(time.Minute)},
		}, []string{"4101 not-excluded", "4102 not-excluded"}},
		"a deposit for one hides nothing of the other": {[]fmt.Stringer{
			leg{seq: "1", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"},
			leg{seq: "2", src: somebody, dst: "4102", app: "VoiceMail", data: "4102@default,u", at: noon.Add(time.Minute)},
		}, []string{"4101 not-excluded", "4102 deposit-logged"}},
		"a DID of two": {[]fmt.Stringer{
			leg{src: somebody, dst: "0846500408", app: "Dial", data: "PJSIP/4108,20"},
		}, []string{"4108 not-excluded", "4109 not-excluded"}},
		"an owner who left": {[]fmt.Stringer{
			leg{src: somebody, dst: "410002", app: "Dial", data: "PJSIP/410002,20"},
		}, []string{"- not-excluded"}}, // its mailbox's name is a token
		"a mailbox in a context that the directory does not have": {[]fmt.Stringer{
			leg{src: somebody, dst: "4101", app: "VoiceMail", data: "4101@kommun,u"},
		}, []string{"4101@kommun deposit-logged"}},
		"a mailbox that is named by its DID": {[]fmt.Stringer{
			leg{src: somebody, dst: "0846500401", app: "VoiceMail", data: "0846500401@default,u"},
		}, []string{"4101 deposit-logged"}},
		"dialled by a name": {[]fmt.Stringer{
			leg{seq: "1", call: "1", src: "4101", dst: "vmu4101", app: "VoiceMailMain", data: "4101@default,s"},
			leg{seq: "2", call: "2", src: "4102", dst: "s-NOANSWER", app: "VoiceMailMain", data: "4102@default,s"},
			leg{seq: "3", call: "3", src: "4101", dst: "vmu4102", app: "Hangup"},
		}, []string{"4101 not-excluded", "4102 not-excluded", "4102 not-excluded"}},
		"the caller is another on the first leg of the CEL": {[]fmt.Stringer{
			event{call: "1", leg: "1", name: "CHAN_START", src: somebody, dialled: "4200"},
			event{call: "1", leg: "3", name: "APP_START", src: "4101", dialled: "8500", app: "VoiceMailMain", data: "4101@default,s", after: time.Second},
		}, []string{"4101 mailbox-opened"}},
		"the switchboard's number": {[]fmt.Stringer{
			leg{src: "0846500490", dst: "8500", app: "VoiceMailMain", data: "4111@default,s"},
		}, []string{"4111 mailbox-opened"}},
		"a spool file in unknown hands": {[]fmt.Stringer{
			leg{src: somebody, dst: "4101", app: "Read", data: "x,/var/spool/asterisk/voicemail/default/4101/INBOX/msg0000"},
		}, []string{"4101 not-excluded"}},
		"a PIN asked for by the dial plan": {[]fmt.Stringer{
			event{call: "1", name: "APP_START", src: somebody, dialled: "8500", app: "VMAuthenticate", data: "4101@default"},
			event{call: "1", name: "APP_START", src: somebody, dialled: "8500", app: "VoiceMailMain", data: "4101@default,s", after: 5 * time.Second},
		}, []string{"4101 not-excluded"}},
		"a call by DID, in CDR and CEL": {[]fmt.Stringer{
			leg{call: "1", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"},
			event{call: "1", name: "APP_START", src: somebody, dialled: "0846500401", app: "VoiceMail", data: "4101@default,u"},
		}, []string{"4101 deposit-logged"}},
		"a refusal after an answer": {[]fmt.Stringer{
			leg{src: somebody, dst: "4101", app: "Congestion"},
		}, []string{"4101 not-excluded"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t, nil)
			w.loadRows(test.rows)
			w.directoryText(directory)
			got := found(w.sessions(w.audit(hour("c"))))
			for i := range got {
				if strings.HasPrefix(got[i], "t1-") {
					got[i] = "- " + strings.Fields(got[i])[1]
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("sessions (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAtRisk: messages at risk are those that callers may have left, in whatever
// way the records name the mailbox.
func TestAtRisk(t *testing.T) {
	w := newTown(t, nil)
	var rows []fmt.Stringer
	for i, r := range []leg{
		{dst: "4101", app: "VoiceMail", data: "4101@default,u"},
		{dst: "0846500401", app: "VoiceMail", data: "0846500401@default,u"},
		{dst: "0846500401", app: "Dial", data: "PJSIP/4101,20"},
		{dst: "4101", app: "VoiceMail", data: "4101@default,u", at: noon.AddDate(0, 0, -31)}, // deleted since
		{dst: "4102", app: "VoiceMail", data: "4102@default,u"},                              // another's
	} {
		r.call, r.seq, r.src = strconv.Itoa(i), strconv.Itoa(i), fmt.Sprintf("07017406%d", 60+i)
		if r.at.IsZero() {
			r.at = noon.AddDate(0, 0, -2+i)
		}
		rows = append(rows, r)
	}
	rows = append(rows, leg{call: "9", seq: "9", src: somebody, dst: "4101", app: "VoiceMailMain", data: "4101@default,s", at: noon.AddDate(0, 0, 5)})
	w.loadRows(rows)
	w.directoryText(townDirectory)
	list, err := w.auditor.Affected(t.Context(), w.audit(store.Change{ID: "c", From: noon.AddDate(0, 0, 5)}), analysis.Filter{})
	if err != nil || len(list.Extensions) != 1 {
		t.Fatal(list, err)
	}
	x := list.Extensions[0]
	// Records begin 36 days before the exposure: the retention is covered.
	if want := (analysis.Range{Min: 0, Max: 3}); x.MessagesAtRisk != want || x.Depositors != want {
		t.Errorf("messages %+v, depositors %+v, want %+v", x.MessagesAtRisk, x.Depositors, want)
	}
	if want := noon.AddDate(0, 0, -2).Add(analysis.DefaultRetention); x.ListenBy == nil || !x.ListenBy.Equal(want) {
		t.Errorf("listen by %v, want %v", x.ListenBy, want)
	}
}

// TestAutumnNight: an event in the repeated hour may be either; the window after
// the second must have it.
func TestAutumnNight(t *testing.T) {
	w := newTown(t, nil)
	stockholm, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	w.zone = stockholm
	w.loadText("asterisk-cel", strings.ReplaceAll(event{call: "1", name: "APP_START", src: somebody, dialled: "4101", app: "VoiceMailMain", data: "4101@default,s"}.String(),
		"2026-03-02 12:00:00.000", "2026-10-25 02:30:00.000"))
	w.directoryText(townDirectory)
	second := time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC)
	sessions := w.sessions(w.audit(store.Change{ID: "c", From: second, To: second.Add(time.Hour)}))
	if len(sessions) != 1 || !slices.Contains(sessions[0].Reasons, "time-ambiguous") {
		t.Errorf("sessions %+v, want the one that may be in the window", sessions)
	}
}

// TestAutumnHangup: a hangup in the repeated hour may be that of the second, and what
// the clock says was later may have been heard before it.
func TestAutumnHangup(t *testing.T) {
	w := newTown(t, nil)
	stockholm, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	w.zone = stockholm
	text := event{call: "1", name: "STREAM_BEGIN", src: somebody, dialled: "4101", app: "VoiceMailMain", data: "4101@default,s",
		extra: `{"sound":"/var/spool/asterisk/voicemail/default/4101/INBOX/msg0000"}`}.String() +
		event{call: "1", name: "HANGUP", src: somebody, dialled: "4101", extra: `{"hangupcause":16}`, after: time.Minute}.String()
	w.loadText("asterisk-cel", strings.NewReplacer("2026-03-02 12:00:00.000", "2026-10-25 02:59:50.000", "2026-03-02 12:01:00.000", "2026-10-25 02:00:10.000").Replace(text))
	w.directoryText(townDirectory)
	sessions := w.sessions(w.audit(store.Change{ID: "c", From: time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC)}))
	if len(sessions) != 1 || sessions[0].Verdict != analysis.PlaybackConfirmed {
		t.Fatalf("sessions %+v, want the message that was played before the hangup", sessions)
	}
	if m := sessions[0].Messages; len(m) != 1 || m[0].Seconds == nil || *m[0].Seconds != 20 {
		t.Errorf("messages %+v, want one of 20 s", m)
	}
}

// TestSameMoment: of records of one moment, whose bytes of the id come first says who called.
func TestSameMoment(t *testing.T) {
	w := newTown(t, nil)
	for id, caller := range map[string]string{"0001": "4101", "0100": "4102"} {
		err := w.store.DB.Exec(t.Context(), `
			INSERT INTO records (system, call, leg, id, kind, start, caller, caller_class, dialled, dialled_class, app, action, mailbox)
			SELECT 'asterisk', '1', '1', unhex({id:String}), 'leg', {at:DateTime64(3, 'UTC')}, {caller:String}, 'internal', '4103', 'internal', 'VoiceMail', 'deposit', '4103'`,
			chgo.Named("id", id+strings.Repeat("00", 14)), chgo.Named("at", noon.Format("2006-01-02 15:04:05.000")), chgo.Named("caller", caller))
		if err != nil {
			t.Fatal(err)
		}
	}
	if sessions := w.sessions(w.audit(hour("c"))); len(sessions) != 1 || sessions[0].Caller != "4101" {
		t.Errorf("sessions %+v, want one, of 4101", sessions)
	}
}

// TestPlanLater: a numbering plan that is given after an import loses nobody.
func TestPlanLater(t *testing.T) {
	w := newTown(t, nil)
	w.loadRows([]fmt.Stringer{leg{src: somebody, dst: "410001", app: "Dial", data: "PJSIP/410001,20"}})
	plan := &number.Plan{Extensions: []string{"410000-410999"}, Access: []string{"8500"}}
	w.numbers = number.NewNormaliser(plan, w.store.Key)
	w.auditor.Plan, w.auditor.Numbers = plan, w.numbers
	w.directoryText("extension,name,controller,protected\n410001,Alva Ek,EAV,no\n")
	list, err := w.auditor.Affected(t.Context(), w.audit(hour("c")), analysis.Filter{})
	if err != nil || list.Exposed != 1 || list.Extensions[0].Name != "Alva Ek" {
		t.Errorf("list %+v, %v, want Alva Ek", list, err)
	}
}

// TestVendorsList: an extension of the list counts whatever form records have it
// in, and a session at nobody's mailbox is not out of scope.
func TestVendorsList(t *testing.T) {
	w := newTown(t, nil)
	w.loadRows([]fmt.Stringer{
		leg{call: "1", seq: "1", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"},
		leg{call: "2", seq: "2", src: somebody, dst: "4102", app: "Dial", data: "PJSIP/4102,20"},
		leg{call: "3", seq: "3", src: somebody, dst: "4103", app: "Dial", data: "PJSIP/4103,20"},
		leg{call: "4", seq: "4", src: somebody, dst: "8500", app: "VoiceMailMain", data: "@default"},
		leg{call: "5", seq: "5", src: somebody, dst: "4102", app: "VoiceMailMain", data: "4102@default,s"},
	})
	w.directoryText(townDirectory)
	change := hour("c")
	change.Listed, change.Extensions = true, []string{"0846500401", "4103", "4999"}
	audit := w.audit(change)
	want := []string{" not-excluded", "4101 not-excluded", "4102 mailbox-opened", "4102 out-of-scope", "4900 not-excluded"}
	if diff := cmp.Diff(want, found(w.sessions(audit))); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	summary, err := w.auditor.Summarise(t.Context(), audit)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 of the 3 extensions on the vendor's list", "by the vendor's list only", "whose mailbox it was is not known"} {
		if !strings.Contains(strings.Join(summary.Notes, "\n"), want) {
			t.Errorf("notes %q lack %q", summary.Notes, want)
		}
	}
}

// TestProtected: who is protected is counted, and appears nowhere: not as another
// session's dialled number, not as a caller, not in a context that the directory
// does not know, not when another holds the extension too.
func TestProtected(t *testing.T) {
	w := newTown(t, nil)
	w.loadRows([]fmt.Stringer{
		leg{call: "1", seq: "1", src: somebody, dst: "4107", app: "VoiceMailMain", data: "4102@default,s"},
		leg{call: "2", seq: "2", src: "4107", dst: "4102", app: "VoiceMailMain", data: "4102@default,s"},
		leg{call: "3", seq: "3", src: somebody, dst: "8500", app: "VoiceMailMain", data: "4107@kommun,s"},
		leg{call: "4", seq: "4", src: somebody, dst: "4102", app: "VoiceMail", data: "4107@default,u"},
		leg{call: "4", seq: "5", src: somebody, dst: "4102", app: "VoiceMailMain", data: "4102@default,s"},
	})
	w.directoryText("extension,name,controller,protected,mobile\n4102,Birger Lund,SKH,no,\n4107,Greta Ahl,SKH,yes,070-174 06 07\n4107,Deputy,SKH,no,\n")
	audit := w.audit(hour("c"))
	list, err := w.auditor.Affected(t.Context(), audit, analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if list.Exposed != 2 || list.Masked != 1 || len(list.Extensions) != 1 {
		t.Errorf("%d exposed, %d masked, %d listed; want 2, 1, 1", list.Exposed, list.Masked, len(list.Extensions))
	}
	seen := fmt.Sprintf("%+v", list)
	shown, masked, err := w.auditor.Sessions(t.Context(), audit, analysis.SessionFilter{})
	if err != nil || masked == 0 {
		t.Fatal(masked, err)
	}
	for _, s := range shown {
		e, err := w.auditor.Explain(t.Context(), audit, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		seen += fmt.Sprintf("%+v", *e)
	}
	if own, masked, err := w.auditor.Sessions(t.Context(), audit, analysis.SessionFilter{Extension: "4107"}); len(own) > 0 || masked > 0 || err != nil {
		t.Errorf("a question by a protected extension: %+v, %d masked, %v", own, masked, err)
	}
	for _, trace := range []string{"4107", "Greta"} {
		if i := strings.Index(seen, trace); i >= 0 {
			t.Errorf("%q is shown: ...%s", trace, seen[max(0, i-60):min(len(seen), i+60)])
		}
	}
	if !strings.Contains(seen, "dialled (masked)") {
		t.Error("nothing was masked: the test looks at nothing")
	}
}

// TestManyDays: exports of more days than one insert may touch.
func TestManyDays(t *testing.T) {
	w := newTown(t, nil)
	var rows []fmt.Stringer
	const days = 150
	for d := range days {
		rows = append(rows, leg{call: strconv.Itoa(d), seq: strconv.Itoa(d), src: somebody, dst: "4101", app: "VoiceMail", data: "4101@default,u", at: noon.AddDate(0, 0, d)})
	}
	w.loadRows(rows)
	w.directoryText(townDirectory)
	if n := len(w.sessions(w.audit(store.Change{ID: "c", From: noon.AddDate(0, 0, -1)}))); n != days {
		t.Errorf("%d sessions, want %d", n, days)
	}
}

// TestAnyOrder: whatever order records arrive in, and however days are cut, every
// hit is in a session and the sessions are the same: calls with legs up to 20
// hours apart, over several midnights.
func TestAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var rows []fmt.Stringer
	for c := range 40 {
		at := noon.Add(time.Duration(random.IntN(72*60)) * time.Minute)
		for l := range 1 + random.IntN(3) {
			r := leg{call: strconv.Itoa(c), seq: fmt.Sprint(c*10 + l), src: somebody, dst: strconv.Itoa(4101 + random.IntN(3)), at: at, app: "Dial", data: "x", partner: "y"}
			if random.IntN(2) == 0 {
				r.app, r.data, r.partner = "VoiceMailMain", r.dst+"@default,s", ""
			}
			rows = append(rows, r)
			at = at.Add(time.Duration(random.IntN(20*60)) * time.Minute)
		}
	}
	change := store.Change{ID: "c", From: noon.AddDate(0, 0, -1)}
	whole := newTown(t, nil)
	whole.loadRows(rows)
	whole.directoryText(townDirectory)
	want := found(whole.sessions(whole.audit(change)))
	if len(want) < 20 {
		t.Fatalf("only %d sessions", len(want))
	}
	parts := newTown(t, nil)
	parts.directoryText(townDirectory)
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for part := range slices.Chunk(rows, len(rows)/6+1) {
		parts.loadRows(part)
		if err := parts.auditor.Derive(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, found(parts.sessions(parts.audit(change)))); diff != "" {
		t.Errorf("sessions (-in one go +piece by piece):\n%s", diff)
	}
}

// TestKilledDerivation: sessions that a derivation left which was killed, and that
// no build counts, are gone when their day is derived again; other days' stay.
func TestKilledDerivation(t *testing.T) {
	w := newTown(t, nil)
	w.directoryText(townDirectory)
	at := func(day int, seq string) fmt.Stringer {
		return leg{call: seq, seq: seq, src: somebody, dst: "4101", app: "VoiceMail", data: "4101@default,u", at: noon.AddDate(0, 0, day)}
	}
	w.loadRows([]fmt.Stringer{at(0, "1"), at(5, "2"), at(6, "3")})
	if err := w.auditor.Derive(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.store.DB.Exec(t.Context(), "INSERT INTO sessions SELECT * REPLACE(12345 AS build) FROM sessions"); err != nil {
		t.Fatal(err)
	}
	w.loadRows([]fmt.Stringer{at(0, "4")})
	change := store.Change{ID: "c", From: noon.AddDate(0, 0, -1)}
	if n := len(w.sessions(w.audit(change))); n != 4 {
		t.Errorf("%d sessions, want 4", n)
	}
	var again, left uint64
	if err := w.store.DB.QueryRow(t.Context(), `SELECT countIf(day = toDate({day:Date})), count() FROM sessions WHERE build = 12345`,
		chgo.Named("day", noon.Format(time.DateOnly))).Scan(&again, &left); err != nil {
		t.Fatal(err)
	}
	if again != 0 || left != 2 {
		t.Errorf("%d old sessions of the day that was derived again, %d in all; want 0 and 2", again, left)
	}
}

// TestOldAudits: verdicts that nothing asks for any more are dropped after a day,
// and those of today are not.
func TestOldAudits(t *testing.T) {
	w := newTown(t, nil)
	w.loadRows([]fmt.Stringer{leg{call: "1", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"}})
	w.directoryText(townDirectory)
	first := w.audit(hour("c"))
	w.directoryText(strings.Replace(townDirectory, "Alva", "Anna", 1))
	second := w.audit(hour("c"))
	left := func() (ids []string) {
		rows, err := w.store.DB.Query(t.Context(), `SELECT DISTINCT audit FROM verdicts ORDER BY audit`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return ids
	}
	if got := left(); len(got) != 2 {
		t.Fatalf("verdicts of %q, want of both audits", got)
	}
	// A day passes.
	for _, query := range []string{
		`CREATE TABLE older AS audits`, `INSERT INTO older SELECT * REPLACE (made - toIntervalHour(25) AS made) FROM audits`,
		`TRUNCATE TABLE audits`, `INSERT INTO audits SELECT * FROM older`,
	} {
		if err := w.store.DB.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	if again := w.audit(hour("c")); again.ID != second.ID || again.ID == first.ID {
		t.Fatalf("audits %s, %s, %s", first.ID, second.ID, again.ID)
	}
	if got := left(); len(got) != 1 || got[0] != second.ID {
		t.Errorf("verdicts of %q, want of %s only", got, second.ID)
	}
}

// TestAgain: an audit follows what is learned after it: late records, another
// directory, a plan, probes, a replaced window, and a clock that was set back.
func TestAgain(t *testing.T) {
	w := newTown(t, nil)
	expect := func(step string, want ...string) {
		t.Helper()
		change, err := w.store.Change(t.Context(), "c")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, found(w.sessions(w.audit(change)))); diff != "" {
			t.Errorf("%s: sessions (-want +got):\n%s", step, diff)
		}
	}
	if err := w.store.AddChange(t.Context(), hour("c"), false); err != nil {
		t.Fatal(err)
	}
	w.loadRows([]fmt.Stringer{leg{call: "1", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"}})
	w.directoryText(townDirectory)
	expect("CDR only", "4101 not-excluded")
	w.loadRows([]fmt.Stringer{event{call: "1", name: "APP_START", src: somebody, dialled: "4101", app: "VoiceMailMain", data: "4101@default,s"}})
	expect("CEL later", "4101 mailbox-opened")

	// A host whose clock ran ahead has derived the day; ours is behind it.
	if err := w.store.DB.Exec(t.Context(), `INSERT INTO session_days SELECT * REPLACE (built + toIntervalDay(1) AS built) FROM session_days FINAL`); err != nil {
		t.Fatal(err)
	}
	w.loadRows([]fmt.Stringer{leg{call: "2", seq: "2", src: somebody, dst: "4102", app: "VoiceMailMain", data: "4102@default,s"}})
	expect("the clock set back", "4101 mailbox-opened", "4102 mailbox-opened")

	w.loadRows([]fmt.Stringer{leg{call: "3", seq: "3", src: "0701740622", dst: "8500", app: "VoiceMailMain", data: "4102@default,s"}})
	expect("a number of nobody", "4101 mailbox-opened", "4102 mailbox-opened", "4102 mailbox-opened")
	w.directoryText(strings.Replace(townDirectory, "4102,,,", "4102,,070-174 06 22,", 1))
	expect("it is the owner's mobile", "4101 mailbox-opened", "4102 mailbox-opened", "4102 not-excluded")
	w.auditor.Probes = []string{w.numbers.Party(somebody).ID}
	expect("our own calls", "4101 probe", "4102 not-excluded", "4102 probe")
	w.auditor.Probes = nil
	narrow := hour("c")
	narrow.From = noon.Add(time.Minute)
	if err := w.store.AddChange(t.Context(), narrow, true); err != nil {
		t.Fatal(err)
	}
	var none *analysis.NoRecordsError
	change, err := w.store.Change(t.Context(), "c")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.auditor.Audit(t.Context(), change); !errors.As(err, &none) {
		t.Errorf("a window without records: %v", err)
	}
}
