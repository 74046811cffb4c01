package replay2019

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// The counts that the 2019 report gives, and those that this city adds.
const (
	exposedAll        = 730 // extensions on the vendor's list
	exposedSkarholmen = 23  // of them
	mostSessions      = 15  // at one of those; the fewest are 1
	otherServerPeople = 410 // with the same kind of calls, on servers that were not changed
	boundaryPeople    = 6   // called half an hour after midnight only, on each side of the window
	people            = 2700
	skarholmenPeople  = 96
	mobiles           = 30 // owners whose mobile the directory has
	protectedPeople   = 7  // protected ones among the exposed
)

// Skarholmen is the controller whose share the 2019 report tells.
const Skarholmen = "Skärholmen"

// accessNumber leads to one's own mailbox. Extensions are 25000 to 27699; 279XX
// were once in use.
const accessNumber = "29000"

// ChangedServers are the two of the platform's six that the vendor upgraded.
var ChangedServers = []string{"um2", "um5"}

// controllers are boards and companies, Skärholmen apart.
var controllers = []string{"Enskede-Årsta-Vantör", "Farsta", "Norrmalm", "Utbildningsnämnden", "Socialnämnden", "Stadens Bostäder AB", "Stadens Parkering AB"}

// unit is a workplace of the kinds that the 2019 report names.
type unit struct {
	name, activity, title string
	clients               bool
}

var units = []unit{
	{"Förskola Norr", "förskola", "förskolelärare", true},
	{"Socialtjänst barn", "socialtjänst", "socialsekreterare", true},
	{"Familjebehandling", "socialtjänst", "familjebehandlare", true},
	{"Äldreomsorg", "äldreomsorg", "enhetschef", true},
	{"Funktionsnedsättning", "funktionsnedsättning", "enhetschef", true},
	{"Socialpsykiatri", "socialpsykiatri", "boendestödjare", true},
	{"Medborgarservice", "administration", "samhällsvägledare", true},
	{"Administration", "administration", "controller", false},
	{"Registratur", "registratur", "registrator", false},
	{"Stadsutveckling", "stadsutveckling", "avdelningschef", false},
	{"HR", "HR", "administratör", false},
}

var (
	firstNames = []string{"Alva", "Birger", "Cilla", "Dan", "Ebba", "Folke", "Greta", "Henrik", "Ida", "Jonas", "Karin", "Lars", "Mona", "Nils", "Olga", "Pär", "Rut", "Sven", "Tove", "Ulf", "Viola", "Yngve", "Åsa", "Örjan"}
	lastNames  = []string{"Ek", "Lund", "Dahl", "Holm", "Strand", "Berg", "Ahl", "Sund", "Norén", "Löf", "Hed", "Rask", "Vik", "Ask", "Ros", "Lind", "Kvist", "Gren", "Åberg", "Öst"}
)

// person holds an extension, and its mailbox of the same number.
type person struct {
	extension, name, mobile, server, controller string
	unit                                        unit
	protected, changed                          bool
}

// own is the number from which the person calls the platform.
func (p *person) own() string {
	if p.mobile != "" {
		return p.mobile
	}
	return p.extension
}

// hire fills the city. The platform's servers take the extensions in turn.
func hire() []*person {
	all := make([]*person, people)
	for i := range all {
		p := &person{
			extension:  strconv.Itoa(25000 + i),
			name:       firstNames[i%len(firstNames)] + " " + lastNames[i*7/len(firstNames)%len(lastNames)],
			server:     "um" + strconv.Itoa(i%6+1),
			controller: Skarholmen,
			unit:       units[i/6%len(units)],
		}
		p.changed = p.server == ChangedServers[0] || p.server == ChangedServers[1]
		if i >= skarholmenPeople {
			p.controller = controllers[i/40%len(controllers)]
		}
		all[i] = p
	}
	return all
}

// outside returns every number that an outside caller may have: those that are
// reserved for fiction, without the owners' mobiles.
func outside() []string {
	var all []string
	for i := range 100 {
		all = append(all, fmt.Sprintf("08465004%02d", i), fmt.Sprintf("03139006%02d", i), fmt.Sprintf("04062804%02d", i), fmt.Sprintf("09803192%02d", i))
		if i >= 5+mobiles {
			all = append(all, ownersMobile(i))
		}
	}
	return all
}

func ownersMobile(i int) string { return fmt.Sprintf("07017406%02d", i) }

// roles says who is in which part of the reality.
type roles struct {
	exposed, otherServer, early, late, rest []*person
}

// cast gives everybody a role; Skärholmen's exposed come first among the exposed.
func cast(all []*person, rnd *rand.Rand) (r roles) {
	shuffled := append([]*person(nil), all...)
	rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	var others []*person
	for _, p := range shuffled {
		here := p.controller == Skarholmen
		switch {
		case p.changed && here && len(r.exposed) < exposedSkarholmen:
			r.exposed = append(r.exposed, p)
		case p.changed && !here:
			others = append(others, p)
		case !p.changed && len(r.otherServer) < otherServerPeople:
			r.otherServer = append(r.otherServer, p)
		default:
			r.rest = append(r.rest, p)
		}
	}
	take := func(n int) (taken []*person) {
		taken, others = others[:n], others[n:]
		return taken
	}
	r.exposed = append(r.exposed, take(exposedAll-exposedSkarholmen)...)
	r.early, r.late = take(boundaryPeople), take(boundaryPeople)
	r.rest = append(r.rest, others...)
	for _, p := range r.exposed[exposedAll-protectedPeople:] {
		p.protected = true
	}
	for i := range mobiles {
		all[i*(people/mobiles)].mobile = ownersMobile(5 + i)
	}
	return r
}
