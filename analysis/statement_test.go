package analysis

import (
	"testing"
	"time"
)

// TestPeriod: the days of every kind of window, in both languages.
func TestPeriod(t *testing.T) {
	stockholm, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) (u time.Time) {
		if text != "" {
			if u, err = time.ParseInLocation("2006-01-02 15:04", text, stockholm); err != nil {
				t.Fatal(err)
			}
		}
		return u.UTC()
	}
	for _, c := range []struct{ from, to, known, en, sv string }{
		{"2019-02-22 00:00", "2019-02-27 00:00", "", "between 22 and 26 February 2019", "under 22-26 februari 2019"},
		{"2019-02-22 02:00", "2019-02-26 23:30", "", "between 22 and 26 February 2019", "under 22-26 februari 2019"},
		{"2019-02-22 00:00", "2019-02-23 00:00", "", "on 22 February 2019", "den 22 februari 2019"},
		{"2019-02-22 23:30", "2019-02-23 00:30", "", "between 22 and 23 February 2019", "under 22-23 februari 2019"},
		{"2019-02-22 00:00", "2019-03-04 00:00", "", "between 22 February and 3 March 2019", "under perioden 22 februari till 3 mars 2019"},
		{"2018-12-30 00:00", "2019-01-02 00:00", "", "between 30 December 2018 and 1 January 2019", "under perioden 30 december 2018 till 1 januari 2019"},
		{"2019-02-22 00:00", "", "", "since 22 February 2019", "sedan den 22 februari 2019"},
		{"2019-02-22 00:00", "2019-02-24 00:00", "2019-02-24 00:00", "between 22 and 23 February 2019, as known on 24 February 2019", "under 22-23 februari 2019, enligt vad som var känt den 24 februari 2019"},
		{"2019-02-22 00:00", "2019-02-22 08:05", "2019-02-22 08:05", "on 22 February 2019, as known at 08:05 on 22 February 2019", "den 22 februari 2019, enligt vad som var känt den 22 februari 2019 kl. 08.05"},
	} {
		var to, known time.Time
		if c.to != "" {
			to = at(c.to)
		}
		if c.known != "" {
			known = at(c.known)
		}
		p := daysOf(at(c.from), to, known, stockholm)
		if p.english() != c.en || p.swedish() != c.sv {
			t.Errorf("%s to %s, known %s:\n%s\n%s\nwant\n%s\n%s", c.from, c.to, c.known, p.english(), p.swedish(), c.en, c.sv)
		}
	}
}

// TestStatement: one mailbox, many, none known, and nobody exposed, which never
// reads as if nothing had happened.
func TestStatement(t *testing.T) {
	day := daysOf(time.Date(2019, 2, 22, 0, 0, 0, 0, time.UTC), time.Date(2019, 2, 23, 0, 0, 0, 0, time.UTC), time.Time{}, time.UTC)
	for name, c := range map[string]struct {
		s          Summary
		controller string
		en, sv     string
	}{
		"many": {Summary{Extensions: Counts{Exposed: 730, Confirmed: 12, NotExcluded: 718}, Controllers: []ControllerCounts{{"Skärholmen", 23, 1}}}, "Skärholmen",
			"It cannot be excluded that one or more callers heard messages in 730 mailboxes (23 in Skärholmen) on 22 February 2019. Playback is established in 12 mailboxes.",
			"Det går inte att utesluta att en eller flera inringande har fått höra röstmeddelanden i 730 röstbrevlådor (varav 23 i Skärholmen) den 22 februari 2019. Uppspelning är styrkt i 12 brevlådor."},
		"one": {Summary{Extensions: Counts{Exposed: 1, Confirmed: 1}}, "",
			"It cannot be excluded that one or more callers heard messages in 1 mailbox on 22 February 2019. Playback is established in 1 mailbox.",
			"Det går inte att utesluta att en eller flera inringande har fått höra röstmeddelanden i 1 röstbrevlåda den 22 februari 2019. Uppspelning är styrkt i 1 brevlåda."},
		"none of the controller's": {Summary{Extensions: Counts{Exposed: 2}}, "Kista",
			"It cannot be excluded that one or more callers heard messages in 2 mailboxes (none known in Kista) on 22 February 2019. Playback is established in 0 mailboxes.",
			"Det går inte att utesluta att en eller flera inringande har fått höra röstmeddelanden i 2 röstbrevlådor (ingen känd i Kista) den 22 februari 2019. Uppspelning är styrkt i 0 brevlådor."},
		"whose mailbox is not known": {Summary{Sessions: map[Verdict]uint64{PlaybackConfirmed: 1}}, "Kista",
			"It cannot be excluded that one or more callers heard messages on 22 February 2019; the records do not show in which mailboxes. Playback is established in 1 session.",
			"Det går inte att utesluta att en eller flera inringande har fått höra röstmeddelanden den 22 februari 2019; uppgifterna visar inte i vilka röstbrevlådor. Uppspelning är styrkt i 1 session."},
		"left out only": {Summary{Sessions: map[Verdict]uint64{OutOfScope: 5, Misdelivered: 2}, otherServers: 4}, "",
			"The records show sessions of strangers at mailboxes on 22 February 2019 that are not counted: 1 by the vendor's list only, 4 on servers that are said not to have been changed, and 2 that led callers into another's mailbox to leave a message. What the records cannot show is not excluded by that.",
			"Uppgifterna visar sessioner av utomstående vid röstbrevlådor den 22 februari 2019 som inte räknas: 1 endast enligt leverantörens lista, 4 på servrar som inte sägs ha ändrats och 2 där inringande leddes till någon annans brevlåda för att lämna meddelanden. Vad uppgifterna inte kan visa är inte uteslutet därmed."},
		"nothing": {Summary{}, "Kista",
			"The records show no session of a stranger at a mailbox on 22 February 2019. What they cannot show is not excluded by that.",
			"Uppgifterna visar ingen session av en utomstående vid en röstbrevlåda den 22 februari 2019. Vad de inte kan visa är inte uteslutet därmed."},
	} {
		c.s.days = day
		c.s.state("", "")
		if c.controller != "" {
			c.s.TellOf(c.controller)
		}
		if c.s.Statement.EN != c.en || c.s.Statement.SV != c.sv {
			t.Errorf("%s:\n%s\n%s\nwant\n%s\n%s", name, c.s.Statement.EN, c.s.Statement.SV, c.en, c.sv)
		}
	}
}
