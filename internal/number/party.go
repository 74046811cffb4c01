package number

// Class says on which side of the exchange a number is, and whether it was
// shown at all. It survives tokenisation.
type Class string

// The classes of a [Party].
const (
	Internal Class = "internal" // extension, short code or access number of the own system
	External Class = "external" // a subscriber in the plan's country, or text that is no number
	Foreign  Class = "foreign"  // a subscriber with another country code
	Withheld Class = "withheld" // absent, or not shown by the caller's wish
)

// Party is one end of a call. It is comparable, and equal for every spelling of
// the same number under one plan and key.
type Party struct {
	// ID is readable for [Internal] ("4105", "*98"), a keyed token for
	// [External] and [Foreign] (see [Key.Token]), and "" for [Withheld].
	ID string
	// Class is one of the constants above; the zero Party has "".
	Class Class
}

// Known reports whether the party can be told from others.
func (p Party) Known() bool { return p.ID != "" }
