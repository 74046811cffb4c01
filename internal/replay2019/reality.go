package replay2019

import (
	"math/rand/v2"
	"slices"
	"time"
)

// kind is what a call really was. Those that are not strangers' calls of the
// window are controls: they must never enter a list.
type kind string

const (
	deposit kind = "exposed-deposit" // in the window, on a changed server: only a deposit is logged
	played  kind = "exposed-playback"

	before       kind = "deposit-before-window"
	after        kind = "deposit-after-window"
	pin          kind = "owner-with-pin"
	pinElsewhere kind = "owner-with-pin-from-another-telephone"
	trusted      kind = "owner-from-trusted-number"
	answered     kind = "answered-by-a-person"
	ceased       kind = "ceased-number"
	otherServer  kind = "server-not-changed"
	early        kind = "before-the-change-on-its-day"
	late         kind = "after-the-fix-at-midnight"
)

// Controls are the kinds of calls in controls.csv.
var Controls = []string{string(before), string(after), string(pin), string(pinElsewhere), string(trusted),
	string(answered), string(ceased), string(otherServer), string(early), string(late)}

// call is one call of the reality.
type call struct {
	at      time.Time
	kind    kind
	to      *person
	caller  string
	seconds int
	number  int // in order of time
}

// diverted reports whether the call was diverted to voicemail.
func (c *call) diverted() bool {
	switch c.kind {
	case deposit, played, before, after, otherServer, early, late:
		return true
	}
	return false
}

// own reports whether it was an owner's, to the access number.
func (c *call) own() bool { return c.kind == pin || c.kind == pinElsewhere || c.kind == trusted }

// reality is everything that happened, in order of time.
type reality struct {
	rnd     *rand.Rand
	zone    *time.Location
	outside []string
	people  []*person
	roles   roles
	calls   []call
}

// happen lets it happen, always the same.
func happen(zone *time.Location) *reality {
	rnd := rand.New(rand.NewPCG(2019, 222))
	r := &reality{rnd: rnd, zone: zone, outside: outside(), people: hire()}
	r.roles = cast(r.people, rnd)
	r.expose()
	r.boundaries()
	r.everyday()
	slices.SortStableFunc(r.calls, func(a, b call) int { return a.at.Compare(b.at) })
	for i := range r.calls {
		r.calls[i].number = i
	}
	return r
}

// day is 0 on 15 February. The window is days 7 to 11.
const (
	days        = 19
	windowFirst = 7
	windowLast  = 11
)

func (r *reality) at(day, hour, minute int) time.Time {
	return time.Date(2019, 2, 15+day, hour, minute, r.rnd.IntN(60), 0, r.zone)
}

// working is a time in working hours.
func (r *reality) working(day int) time.Time { return r.at(day, 7+r.rnd.IntN(11), r.rnd.IntN(60)) }

func (r *reality) add(k kind, to *person, at time.Time, caller string) {
	r.calls = append(r.calls, call{at: at, kind: k, to: to, caller: caller, seconds: 10 + r.rnd.IntN(110)})
}

// stranger is a number of nobody, a colleague's, or withheld.
func (r *reality) stranger(to *person) string {
	switch n := r.rnd.IntN(20); {
	case n == 0:
		return ""
	case n < 4:
		if p := r.people[r.rnd.IntN(len(r.people))]; p != to {
			return p.extension
		}
	}
	return r.outside[r.rnd.IntN(len(r.outside))]
}

// windowDay: the change was made on a Friday, and few call on the weekend.
func (r *reality) windowDay() int {
	return windowFirst + []int{0, 0, 0, 1, 2, 3, 3, 3, 4, 4, 4, 4}[r.rnd.IntN(12)]
}

// expose lets strangers reach the exposed mailboxes. Of one in eleven the platform
// logged that it played a message.
func (r *reality) expose() {
	for i, p := range r.roles.exposed {
		n := 1 + r.rnd.IntN(4)
		switch {
		case i == 0:
			n = 1
		case i == 1:
			n = mostSessions
		case i < exposedSkarholmen:
			n = 1 + r.rnd.IntN(mostSessions)
		}
		logged := r.rnd.IntN(11) == 0
		for j := range n {
			k := deposit
			if logged && (j == 0 || r.rnd.IntN(2) == 0) {
				k = played
			}
			r.add(k, p, r.working(r.windowDay()), r.stranger(p))
		}
	}
	for _, p := range r.roles.otherServer {
		for range 1 + r.rnd.IntN(4) {
			r.add(otherServer, p, r.working(r.windowDay()), r.stranger(p))
		}
	}
}

// boundaries are the calls at half past midnight: an hour and a half before the
// change, and after the fix.
func (r *reality) boundaries() {
	for _, p := range r.roles.early {
		r.add(early, p, r.at(windowFirst, 0, 30), r.stranger(p))
	}
	for _, p := range r.roles.late {
		r.add(late, p, r.at(windowLast+1, 0, 30), r.stranger(p))
	}
}

// everyday is what happens in any week.
func (r *reality) everyday() {
	for day := range days {
		for range 20 {
			at := r.working(day)
			r.add(ceased, &person{extension: "279" + r.outside[r.rnd.IntN(100)][8:]}, at, r.outside[r.rnd.IntN(len(r.outside))])
		}
		for _, p := range r.people {
			r.dayOf(p, day)
		}
	}
}

func (r *reality) dayOf(p *person, day int) {
	if weekend := day%7 == 1 || day%7 == 2; !weekend && r.rnd.IntN(5) > 0 {
		r.add(answered, p, r.working(day), r.stranger(p))
	}
	switch n := r.rnd.IntN(100); {
	case n < 8 && day < windowFirst:
		r.add(before, p, r.working(day), r.stranger(p))
	case n < 8 && day > windowLast:
		r.add(after, p, r.working(day), r.stranger(p))
	case n == 8:
		r.add(pin, p, r.working(day), p.own())
	case n == 9:
		r.add(pinElsewhere, p, r.working(day), r.outside[r.rnd.IntN(len(r.outside))])
	case n == 10:
		r.add(trusted, p, r.working(day), p.own())
	}
}
