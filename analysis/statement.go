package analysis

import "fmt"

// Statement is the sentence that an audit supports, never a stronger one, and
// never one that reads as if nothing had happened.
type Statement struct {
	SV string `json:"sv"`
	EN string `json:"en"`
}

// TellOf puts a controller's share of the exposed mailboxes into the statement.
func (s *Summary) TellOf(controller string) {
	share := 0
	for _, c := range s.Controllers {
		if c.Controller == controller {
			share = c.Exposed
		}
	}
	if share == 0 {
		s.state(fmt.Sprintf(" (none known in %s)", controller), fmt.Sprintf(" (ingen känd i %s)", controller))
		return
	}
	s.state(fmt.Sprintf(" (%d in %s)", share, controller), fmt.Sprintf(" (varav %d i %s)", share, controller))
}

// state writes the statement; the shares of a controller may be "".
func (s *Summary) state(shareEN, shareSV string) {
	en, sv := s.days.english(), s.days.swedish()
	exposed, confirmed := s.Extensions.Exposed, s.Extensions.Confirmed
	switch {
	case exposed > 0:
		s.Statement.EN = fmt.Sprintf("It cannot be excluded that one or more callers heard messages in %s%s %s. Playback is established in %s.",
			amount(exposed, "mailbox", "mailboxes"), shareEN, en, amount(confirmed, "mailbox", "mailboxes"))
		s.Statement.SV = fmt.Sprintf("Det går inte att utesluta att en eller flera inringande har fått höra röstmeddelanden i %s%s %s. Uppspelning är styrkt i %s.",
			amount(exposed, "röstbrevlåda", "röstbrevlådor"), shareSV, sv, amount(confirmed, "brevlåda", "brevlådor"))
	case s.Severity() != None:
		played := int(s.Sessions[PlaybackConfirmed])
		s.Statement.EN = fmt.Sprintf("It cannot be excluded that one or more callers heard messages %s; the records do not show in which mailboxes. Playback is established in %s.", en, amount(played, "session", "sessions"))
		s.Statement.SV = fmt.Sprintf("Det går inte att utesluta att en eller flera inringande har fått höra röstmeddelanden %s; uppgifterna visar inte i vilka röstbrevlådor. Uppspelning är styrkt i %s.", sv, amount(played, "session", "sessioner"))
	case s.Sessions[OutOfScope]+s.Sessions[Misdelivered] > 0:
		s.Statement.EN = fmt.Sprintf("The records show sessions of strangers at mailboxes %s that are not counted: %d by the vendor's list only, %d on servers that are said not to have been changed, and %d that led callers into another's mailbox to leave a message. What the records cannot show is not excluded by that.",
			en, s.unlisted(), s.otherServers, s.Sessions[Misdelivered])
		s.Statement.SV = fmt.Sprintf("Uppgifterna visar sessioner av utomstående vid röstbrevlådor %s som inte räknas: %d endast enligt leverantörens lista, %d på servrar som inte sägs ha ändrats och %d där inringande leddes till någon annans brevlåda för att lämna meddelanden. Vad uppgifterna inte kan visa är inte uteslutet därmed.",
			sv, s.unlisted(), s.otherServers, s.Sessions[Misdelivered])
	default:
		s.Statement.EN = fmt.Sprintf("The records show no session of a stranger at a mailbox %s. What they cannot show is not excluded by that.", en)
		s.Statement.SV = fmt.Sprintf("Uppgifterna visar ingen session av en utomstående vid en röstbrevlåda %s. Vad de inte kan visa är inte uteslutet därmed.", sv)
	}
}

func amount(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
