package analysis_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmaudit/analysis"
	"vmaudit/internal/number"
	"vmaudit/internal/store"
)

// at is a time of a spool listing, after noon.
func at(after time.Duration) string {
	return strconv.FormatFloat(float64(noon.Add(after).UnixMilli())/1000, 'f', 3, 64)
}

const aMessage = "1772440000-0000000a"

// moved, left and greeting are rows of a listing.
func moved(box string, after time.Duration) string {
	return fmt.Sprintf("moved,%s,,default/%s/Old,%s,,,,,,\n", at(after), box, aMessage)
}

func left(box, exten, caller, channel string, after time.Duration) string {
	return fmt.Sprintf("left,%s,%s,default/%s,%s,,%s,%s,,<%s>,%s\n", at(after), at(after+5*time.Second), box, aMessage, box, exten, caller, channel)
}

func greeting(event, name string, since, seen time.Duration) string {
	return fmt.Sprintf("%s,%s,%s,default/4101/%s,,default/4102/INBOX/%s,,,,,\n", event, at(since), at(seen), name, aMessage)
}

// inMailbox is a caller in the mailbox application, with the options that are given.
func inMailbox(call, src, dialled, data string, from, until time.Duration) []fmt.Stringer {
	in := event{call: call, leg: ".1", name: "APP_START", src: src, dialled: dialled, app: "VoiceMailMain", data: data, after: from}
	out := in
	out.name, out.after = "APP_END", until
	return []fmt.Stringer{in, out}
}

// deposits is a caller in the application that records a message.
func deposits(call, dialled, data string, from time.Duration) []fmt.Stringer {
	return []fmt.Stringer{
		event{call: call, leg: ".1", name: "APP_START", src: somebody, dialled: dialled, app: "VoiceMail", data: data, after: from},
		event{call: call, leg: ".1", name: "APP_END", src: somebody, dialled: dialled, app: "VoiceMail", data: data, after: from + 20*time.Second},
	}
}

// TestSpool: who listened to a message that was moved to the heard ones, which call
// left a message, who heard a greeting that is one.
func TestSpool(t *testing.T) {
	const other, mobile = "0701740677", "0701740611"
	both := func(a, b []fmt.Stringer) []fmt.Stringer { return append(a, b...) }
	for name, test := range map[string]struct {
		rows  []fmt.Stringer
		spool string
		want  []string
	}{
		"one was there": {inMailbox("1", somebody, "4101", "4101@default,s", 0, 20*time.Second), moved("4101", 20500*time.Millisecond),
			[]string{"4101 playback-confirmed"}},
		"two left at once": {both(inMailbox("1", somebody, "4101", "4101@default,s", 0, 20*time.Second), inMailbox("2", other, "4101", "4101@default,s", 0, 21*time.Second)), moved("4101", 21*time.Second),
			[]string{"4101 mailbox-opened", "4101 mailbox-opened"}},
		"one left, another stranger stayed": {both(inMailbox("1", somebody, "4101", "4101@default,s", 0, 20*time.Second), inMailbox("2", other, "4101", "4101@default,s", 0, 40*time.Second)), moved("4101", 20*time.Second),
			[]string{"4101 mailbox-opened", "4101 playback-confirmed"}},
		"one left, the owner stayed": {both(inMailbox("1", somebody, "4101", "4101@default,s", 0, 20*time.Second), inMailbox("2", mobile, "8500", "4101@default", 0, 40*time.Second)), moved("4101", 20*time.Second),
			[]string{"4101 mailbox-opened", "4101 owner-access"}},
		"the caller had left the mailbox long before": {append(inMailbox("1", somebody, "4101", "4101@default,s", 0, 20*time.Second), event{call: "1", leg: ".1", name: "HANGUP", src: somebody, dialled: "4101", extra: "", after: 10 * time.Minute}), moved("4101", 5*time.Minute),
			[]string{"4101 mailbox-opened", "4101 not-excluded"}},
		"nobody was there": {deposits("1", "4102", "4102@default,u", 0), moved("4101", 5*time.Minute),
			[]string{"4101 not-excluded", "4102 deposit-logged"}},
		"after a PIN": {inMailbox("1", somebody, "4101", "4101@default", 0, 20*time.Second), moved("4101", 20*time.Second),
			[]string{"4101 not-excluded"}},
		"hidden by the CDR": {[]fmt.Stringer{leg{call: "0000000a", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"}}, moved("4101", 30*time.Second),
			[]string{"4101 playback-suspected"}},
		"past midnight": {inMailbox("1", somebody, "4101", "4101@default,s", 12*time.Hour-20*time.Second, 12*time.Hour-100*time.Millisecond), moved("4101", 12*time.Hour+200*time.Millisecond),
			[]string{"4101 playback-confirmed"}},
		"the depositor's own message": {append(deposits("0000000a", "4101", "4101@default,u", 0), event{call: "0000000a", leg: ".1", name: "CHAN_START", src: somebody, dialled: "4101"}), left("4101", "4101", somebody, "PJSIP/t-0000000a", 5*time.Second) + moved("4101", 20*time.Second),
			[]string{"4101 deposit-logged", "4101 not-excluded"}},

		"left behind the CDR's back": {[]fmt.Stringer{leg{call: "0000000a", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"}}, left("4102", "4101", somebody, "PJSIP/t-0000000a", 10*time.Second),
			[]string{"4102 misdelivered"}},
		"left by another": {[]fmt.Stringer{leg{call: "0000000a", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"}}, left("4102", "4102", other, "PJSIP/t-0000000a", 10*time.Second),
			[]string{"4101 not-excluded", "4102 deposit-logged"}},
		"left when the call was over": {[]fmt.Stringer{leg{call: "0000000a", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"}}, left("4102", "4102", somebody, "PJSIP/t-0000000a", 10*time.Minute),
			[]string{"4101 not-excluded", "4102 deposit-logged"}},
		"left on another technology's channel": {[]fmt.Stringer{leg{call: "0000000a", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"}}, left("4102", "4102", somebody, "IAX2/t-0000000a", 10*time.Second),
			[]string{"4101 not-excluded", "4102 deposit-logged"}},
		"left, nobody says for whom": {[]fmt.Stringer{leg{call: "0000000a", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"}}, left("4102", "s", somebody, "PJSIP/t-0000000a", 10*time.Second),
			[]string{"4101 not-excluded", "4102 deposit-logged"}},

		"a greeting that is a message": {deposits("1", "4101", "4101@default,u", 0), greeting("greeting", "unavail", -time.Hour, time.Hour),
			[]string{"4101 deposit-logged", "4102 playback-confirmed"}},
		"the other greeting": {deposits("1", "4101", "4101@default,b", 0), greeting("greeting", "unavail", -time.Hour, time.Hour),
			[]string{"4101 deposit-logged"}},
		"a temporary one, which replaces both": {deposits("1", "4101", "4101@default,b", 0), greeting("greeting", "temp", -time.Hour, time.Hour),
			[]string{"4101 deposit-logged", "4102 playback-confirmed"}},
		"seen last before the call": {deposits("1", "4101", "4101@default,u", 0), greeting("greeting", "unavail", -time.Hour, -time.Minute),
			[]string{"4101 deposit-logged", "4102 playback-suspected"}},
		"nobody knows since when": {deposits("1", "4101", "4101@default,u", 0), greeting("greeting-undated", "unavail", -time.Hour, time.Hour),
			[]string{"4101 deposit-logged", "4102 playback-suspected"}},
		"only after the call": {deposits("1", "4101", "4101@default,u", 0), greeting("greeting", "unavail", time.Minute, time.Hour),
			[]string{"4101 deposit-logged"}},
		"nothing says which was played": {[]fmt.Stringer{leg{call: "1", src: somebody, dst: "4101", app: "Dial", data: "PJSIP/4101,20"}}, greeting("greeting", "unavail", -time.Hour, time.Hour),
			[]string{"4101 not-excluded", "4102 playback-suspected"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t, &number.Plan{Extensions: []string{"41XX"}, Access: []string{"8500"}})
			w.loadRows(test.rows)
			w.loadText("asterisk-spool", test.spool)
			w.directoryText(townDirectory)
			day := hour("c")
			day.From, day.To = noon.Add(-13*time.Hour), noon.Add(12*time.Hour)
			if diff := cmp.Diff(test.want, found(w.sessions(w.audit(day)))); diff != "" {
				t.Errorf("sessions (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSpoolLater imports the spool when all was judged already: the answer is that
// of a database into which it came first.
func TestSpoolLater(t *testing.T) {
	w := newTown(t, nil)
	w.loadRows(deposits("1", "4101", "4101@default,u", 96*time.Hour))
	w.directoryText(townDirectory)
	change := hourAt(96 * time.Hour)
	if got := found(w.sessions(w.audit(change))); !cmp.Equal(got, []string{"4101 deposit-logged"}) {
		t.Errorf("without the spool: %q", got)
	}
	w.loadText("asterisk-spool", greeting("greeting", "unavail", 0, 200*time.Hour))
	if got := found(w.sessions(w.audit(change))); !cmp.Equal(got, []string{"4101 deposit-logged", "4102 playback-confirmed"}) {
		t.Errorf("with it: %q", got)
	}
	// What a listing shows is no record of calls.
	_, err := w.auditor.Audit(t.Context(), hourAt(150*time.Hour))
	if _, none := err.(*analysis.NoRecordsError); !none {
		t.Errorf("a window without a call: %v", err)
	}
}

// hourAt is a change whose window is the hour around a time after noon.
func hourAt(after time.Duration) store.Change {
	c := hour("c")
	c.From, c.To = c.From.Add(after), c.To.Add(after)
	return c
}
