package store

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"
)

// Holder is one row of the directory: who held an extension, and when.
type Holder struct {
	Line         int // of the file
	Extension    string
	DID          string // as the file has it
	Mobile       string
	Mailbox      string // default: the extension
	Name         string
	Title        string
	Unit         string
	Controller   string
	Manager      string
	Email        string
	Activity     string // socialtjänst, LSS, förskola, HR, vård, other
	ClientFacing bool
	Protected    bool // protected identity: counted, never listed
	Language     string
	From, To     time.Time // [From, To); zero: always

	// Called and Calling are the numbers in every form that records can have them in.
	Called, Calling   []string
	did164, mobile164 string
	saysProtected     bool // the file has a column for it
}

// Problem is a row of the directory that is wrong, or was understood with doubt.
type Problem struct {
	Line   int
	Reason string
	Fatal  bool // the row was not stored
}

// headers are the names under which a column may stand, English and Swedish.
var headers = map[string][]string{
	"extension":     {"extension", "anknytning", "ankn"},
	"did":           {"did", "direktnummer", "direktval", "telefon"},
	"mobile":        {"mobile", "mobil", "mobilnummer"},
	"mailbox":       {"mailbox", "röstbrevlåda", "brevlåda"},
	"name":          {"name", "namn"},
	"title":         {"title", "befattning", "titel"},
	"unit":          {"unit", "enhet", "avdelning"},
	"controller":    {"controller", "förvaltning", "personuppgiftsansvarig", "nämnd", "bolag"},
	"manager":       {"manager", "chef"},
	"email":         {"email", "e-mail", "e-post", "epost"},
	"activity":      {"activity", "verksamhet"},
	"client_facing": {"client_facing", "client facing", "klientkontakt"},
	"protected":     {"protected", "skyddad", "skyddade personuppgifter", "skyddad identitet", "sekretess", "sekretessmarkering", "skyddad folkbokföring"},
	"language":      {"language", "språk"},
	"valid_from":    {"valid_from", "giltig från", "fr.o.m.", "from"},
	"valid_to":      {"valid_to", "giltig till", "t.o.m.", "tom"},
}

// layout finds the columns by their names, and those whose names say nothing.
func layout(header []string) (at map[string]int, unknown []string, err error) {
	at = map[string]int{}
	for i, cell := range header {
		cell = strings.ToLower(strings.TrimSpace(cell))
		found := false
		for field, names := range headers {
			if slices.Contains(names, cell) {
				if _, twice := at[field]; twice {
					return nil, nil, fmt.Errorf("two columns are the %s: name each column once", field)
				}
				at[field], found = i, true
			}
		}
		if !found && cell != "" {
			unknown = append(unknown, cell)
		}
	}
	if _, ok := at["extension"]; !ok {
		return nil, nil, fmt.Errorf("no column is called extension (or anknytning), in %d columns of the first row: it must name the columns", len(header))
	}
	return at, unknown, nil
}

// holder reads one row. A doubt about protection counts as protected; with a date
// that cannot be read the row hides and is told for all time, but proves no owner.
func holder(cells []string, at map[string]int, line int, zone *time.Location) (h Holder, problems []Problem) {
	get := func(field string) string {
		if i, ok := at[field]; ok && i < len(cells) {
			return strings.TrimSpace(strings.Map(noControl, cells[i]))
		}
		return ""
	}
	bad := func(fatal bool, format string, args ...any) {
		problems = append(problems, Problem{line, fmt.Sprintf(format, args...), fatal})
	}
	h = Holder{
		Line: line, Extension: get("extension"), DID: get("did"), Mobile: get("mobile"), Mailbox: get("mailbox"),
		Name: get("name"), Title: get("title"), Unit: get("unit"), Controller: get("controller"), Manager: get("manager"),
		Email: get("email"), Activity: get("activity"), Language: get("language"),
	}
	switch {
	case h.Extension == "":
		bad(true, "the row has no extension")
	case !extensionShape.MatchString(h.Extension):
		bad(true, "extension %q is not a number: write its digits only, one extension a row", h.Extension)
	}
	if h.Mobile != "" && !strings.ContainsAny(h.Mobile, "0123456789") {
		bad(false, "mobile %q is not a number", h.Mobile)
	}
	if h.Mailbox == "" {
		h.Mailbox = h.Extension
	}
	_, h.saysProtected = at["protected"]
	var known bool
	if h.ClientFacing, known = yes(get("client_facing")); !known {
		bad(false, "client_facing is %q, not yes or no: taken as no", get("client_facing"))
	}
	if h.Protected, known = yes(get("protected")); !known {
		bad(false, "protected is %q, not yes or no: taken as yes", get("protected"))
		h.Protected = true
	}
	if err := h.dates(get("valid_from"), get("valid_to"), zone); err != nil {
		h.From, h.To, h.Mobile = time.Time{}, time.Time{}, ""
		bad(false, "%v: the row counts for all time, and its mobile is not taken for the owner's", err)
	}
	return h, problems
}

func (h *Holder) dates(from, to string, zone *time.Location) (err error) {
	if h.From, err = date(from, zone, 0); err != nil {
		return fmt.Errorf("valid_from: %w", err)
	}
	if h.To, err = date(to, zone, 1); err != nil {
		return fmt.Errorf("valid_to: %w", err)
	}
	if !h.From.IsZero() && !h.To.IsZero() && !h.From.Before(h.To) {
		return fmt.Errorf("valid_to %q is before valid_from %q", to, from)
	}
	return nil
}

var extensionShape = regexp.MustCompile(`^\+?[0-9*#]{1,15}$`)

// noControl takes out what would move a cursor where names are shown.
func noControl(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

func yes(cell string) (value, known bool) {
	switch strings.ToLower(cell) {
	case "yes", "ja", "true", "sant", "1", "x", "y", "j":
		return true, true
	case "", "no", "nej", "false", "falskt", "0", "n", "-":
		return false, true
	}
	return false, false
}

// date reads a day, or an instant. The day plus `after` is meant: a row that is
// valid to a day is valid through it.
func date(cell string, zone *time.Location, after int) (time.Time, error) {
	if cell == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, cell, zone); err == nil {
		return t.AddDate(0, 0, after), nil
	}
	if t, err := time.Parse(time.RFC3339, cell); err == nil {
		return t, nil
	}
	// A workbook keeps days as numbers since 1900.
	if n, err := strconv.ParseFloat(cell, 64); err == nil && n > 20000 && n < 80000 {
		if day, err := excelize.ExcelDateToTime(n, false); err == nil {
			return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone).AddDate(0, 0, after), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date like 2019-02-22", cell)
}
