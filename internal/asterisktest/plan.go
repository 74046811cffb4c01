package asterisktest

import (
	"fmt"
	"slices"
	"time"
)

// Size is how many calls a recording has.
type Size int

const (
	Short Size = 1 // some sixty calls, in about a minute and a half
	Long  Size = 3 // three times as many
)

// The phases of a recording: before and after the change.
const (
	Healthy = "healthy"
	Leaky   = "leaky"
)

// The leaks that the change opens, each on an extension of its own.
const (
	NoPIN       = "no-pin"             // the called person's mailbox; its first message plays
	NoPINMenu   = "no-pin-menu"        // the called person's mailbox; a message plays on request
	Another     = "another's"          // another person's mailbox
	OldFolder   = "old-folder"         // the messages that the owner has heard
	Files       = "files"              // the message files, by an application that just plays
	Greeting    = "greeting"           // the greeting has become another person's message
	Misdelivery = "misdelivery"        // what is left for one person lands in another's mailbox
	Diverted    = "diverted-phone"     // the number of the phone that diverts opens its mailbox
	Elsewhere   = "diverted-elsewhere" // the same, where another exchange diverts: the caller's number is in no record
)

// Leaks are all of them.
var Leaks = []string{NoPIN, NoPINMenu, Another, OldFolder, Files, Greeting, Misdelivery, Diverted, Elsewhere}

// access is the number that people call to hear their messages.
const access = "8500"

// planned is a call that is going to be placed.
type planned struct {
	Call
	tag     string // its Call-ID
	does    script
	diverts string        // the extension that another exchange says diverted the call
	says    []float64     // the message that the caller leaves; nil: none
	lead    time.Duration // how long the caller is silent before
	hears   []float64     // once the call has been placed
}

// planner makes the calls of a recording.
type planner struct {
	calls    []*planned
	phase    string
	messages uint64
}

// planCalls returns the calls before and after the change.
func planCalls(size Size) (healthy, leaky []*planned) {
	p := planner{phase: Healthy}
	for range size {
		p.deposits()
		p.lookalikes()
		p.probes()
	}
	before := len(p.calls)
	p.phase = Leaky
	for range size {
		p.leaks()
		p.lookalikes()
		p.probes()
	}
	return p.calls[:before], p.calls[before:]
}

// add plans a call to a mailbox's extension; set changes what is special.
func (p *planner) add(kind, box, keys string, set ...func(*planned)) {
	n := len(p.calls)
	c := &planned{tag: fmt.Sprintf("call%03d", n), does: mustScript(keys), Call: Call{Phase: p.phase, Kind: kind, Caller: stranger(n), Dialled: box, Mailbox: box}}
	for _, s := range set {
		s(c)
	}
	p.calls = append(p.calls, c)
}

// stranger is a number reserved for fiction.
func stranger(n int) string {
	ranges := []string{"08465004%02d", "03139006%02d", "04062804%02d"}
	return fmt.Sprintf(ranges[n/100%len(ranges)], n%100)
}

// dial calls another number than the mailbox's.
func dial(number string) func(*planned) { return func(c *planned) { c.Dialled = number } }

// leak says which leak the call meets, and at whose mailbox.
func leak(kind, box string) func(*planned) {
	return func(c *planned) { c.Leak, c.Mailbox = kind, box }
}

// presents is a stranger whom another exchange sends on, under the number of the
// phone that diverts.
func presents(extension string) func(*planned) {
	return func(c *planned) { c.Caller, c.diverts = extension, extension }
}

// fromPhone and fromMobile are the owner.
func fromPhone(c *planned)  { c.Owner, c.Caller = true, c.Mailbox }
func fromMobile(c *planned) { c.Owner, c.Caller = true, mobile(c.Mailbox) }

// mobile is the owner's, from the range reserved for fiction.
func mobile(box string) string { return "07017406" + fmt.Sprintf("%02d", 4+number(box)) }

// number is 1 for the mailbox 4101.
func number(box string) int { return slices.Index(boxes, box) + 1 }

// boxes are the mailboxes.
var boxes = func() (all []string) {
	for i := range 20 {
		all = append(all, fmt.Sprint(4101+i))
	}
	return all
}()

// deposit leaves a message of so many seconds, having skipped the greeting at the
// given second. The beep is over a second and a half later.
func (p *planner) deposit(box string, skip, length float64, set ...func(*planned)) {
	p.messages++
	keys := fmt.Sprintf("%.1f # %.1f", skip, skip+1.8+length)
	// Longer than it is spoken: the caller is not silent before hanging up.
	says := func(c *planned) {
		c.says, c.lead = Speech(p.messages, duration(length+2)), duration(skip+1.5)
	}
	p.add("deposit", box, keys, append(set, says)...)
}

// deposits gives every mailbox that is used what there is to hear.
func (p *planner) deposits() {
	for _, box := range []string{"4101", "4104", "4105", "4113", "4116", "4108", "4102", "4109", "4111", "4112", "4114"} {
		p.deposit(box, 1, 4.5+float64(p.messages%3)/2)
	}
	for _, box := range []string{"4101", "4102", "4104", "4105", "4108", "4113", "4117"} {
		p.deposit(box, 0.7, 4+float64(p.messages%4)/2)
	}
	p.add("owner", "4104", "1 "+pin("4104")+"# 4 1 6 1 12", dial(access), fromPhone)
}

// probes hear a greeting to its end, the beep, and the silence after it. A message
// is longer than a greeting of one's own, and the system's is the longest.
func (p *planner) probes() {
	if p.phase == Leaky {
		p.add("probe", "4106", "15.3", leak(Greeting, "4106"))
		p.add("probe", "4107", "10", leak(Misdelivery, "4117"))
	} else {
		p.add("probe", "4106", "10")
		p.add("probe", "4107", "10")
	}
	p.add("probe", "4118", "10")
	p.add("probe", "4112", "14.6")
}

// lookalikes are what people do on any day, in both phases.
func (p *planner) lookalikes() {
	p.add("hangup-at-greeting", "4118", "1.2")
	p.add("hangup-at-greeting", "4112", "2.5")
	p.add("hangup-after-beep", "4119", "0.8 # 1.6")
	p.add("silence-after-beep", "4120", "0.8 # 7")
	p.add("answered", "4110", "3")
	p.add("wrong-pin", "4115", "0.7 * 2 9999# 6 9998# 10")
	p.deposit("4109", 1, 4)
	p.deposit("4119", 1, 5)
	p.add("owner", "4111", ownPhone[p.phase], dial(access), fromPhone)
	p.add("owner", "4112", "1.5 4112# 4 "+pin("4112")+"# 7.5 1 9.5 1 14", dial(access), fromMobile)
	p.add("owner", "4114", "1.5 4114# 4 "+pin("4114")+"# 7.5 1 9.5 1 14", dial("*98"), fromMobile)
	p.add("owner", "4109", "0.8 * 2 "+pin("4109")+"# 5 1 7 1 12", fromMobile)
}

// ownPhone is what an owner at the own phone does: the change lets it in without
// a PIN.
var ownPhone = map[string]string{
	Healthy: "1 " + pin("4111") + "# 4 1 6 1 12",
	Leaky:   "2 1 4 1 10",
}

func (p *planner) leaks() {
	p.add("listens", "4101", "2.5 1 9", leak(NoPIN, "4101"))
	p.add("reads-envelope", "4101", "6", leak(NoPIN, "4101"))
	p.add("listens-and-deletes", "4101", "2.5 1 8 7 9.5 # 11", leak(NoPIN, "4101"))
	p.add("owner", "4101", "3", fromMobile)
	p.add("hangs-up-in-menu", "4102", "2.5", leak(NoPINMenu, "4102"))
	p.add("listens", "4102", "2 1 4 1 10", leak(NoPINMenu, "4102"))
	p.add("listens-to-two", "4103", "2.5 1 8 6 10 1 16", leak(Another, "4113"))
	p.add("hangs-up-in-message", "4104", "2.5 1 5", leak(OldFolder, "4104"))
	p.add("listens", "4104", "2.5 1 9", leak(OldFolder, "4104"))
	p.add("listens", "4105", "12", leak(Files, "4105"))
	p.add("hangs-up-in-message", "4105", "1.8", leak(Files, "4105"))
	p.add("listens", "4106", "5", leak(Greeting, "4106"))
	p.deposit("4106", 3, 4, leak(Greeting, "4106"))
	p.deposit("4107", 1, 4, leak(Misdelivery, "4117"))
	p.deposit("4107", 1, 5, leak(Misdelivery, "4117"))
	p.add("listens", "4108", "2 1 4 1 10", leak(Diverted, "4108"))
	p.add("hangs-up-in-menu", "4108", "3", leak(Diverted, "4108"))
	p.add("listens", "4108", "2 1 4 1 10", leak(Elsewhere, "4108"), dial(access), presents("4108"))
}
