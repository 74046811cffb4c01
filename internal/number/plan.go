package number

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// DefaultCountry is the plan's country when it names none.
const DefaultCountry = "SE"

// Plan is a deployment's numbering plan, as the configuration file has it. The
// zero value is useful: country Sweden, nothing known of the extensions.
type Plan struct {
	// Country is the ISO 3166 code in whose numbering national numbers are
	// read. Default [DefaultCountry].
	Country string `yaml:"country"`
	// Extensions are the staff numbers: a number ("4100"), a range of equal
	// length ("4100-4199"), or a pattern in Asterisk's letters, X for any
	// digit, Z for 1-9, N for 2-9 ("25XXX").
	Extensions []string `yaml:"extensions"`
	// Access are the numbers and codes that lead to the mailbox menu and other
	// services ("8500", "*98"). Same notation as Extensions.
	Access []string `yaml:"access"`
	// DIDs maps the beginning of an E.164 number to the beginning of the
	// extension that it reaches: {"+468465004": "41"} makes +46846500412 the
	// extension 4112.
	DIDs map[string]string `yaml:"dids"`
	// Outside are the digits dialled for an outside line ("0", "00", "9").
	Outside []string `yaml:"outside"`
}

// Given reports whether the deployment says anything about its own numbers.
// Without it only short digits and codes count as internal.
func (p *Plan) Given() bool {
	return p != nil && len(p.Extensions)+len(p.Access)+len(p.DIDs) > 0
}

// IsExtension reports whether digits is a staff number of the plan.
func (p *Plan) IsExtension(digits string) bool {
	return p != nil && matchAny(p.Extensions, digits)
}

// IsAccess reports whether digits is an access number or code of the plan.
func (p *Plan) IsAccess(digits string) bool {
	return p != nil && matchAny(p.Access, digits)
}

// Validate tells what in the plan cannot be understood, entry by entry.
func (p *Plan) Validate() error {
	if p == nil {
		return nil
	}
	if phonenumbers.GetCountryCodeForRegion(p.country()) == 0 {
		return fmt.Errorf("numbering plan: country %q is no ISO 3166 code, give one such as %q", p.Country, DefaultCountry)
	}
	for _, s := range slices.Concat(p.Extensions, p.Access) {
		if err := checkPattern(s); err != nil {
			return err
		}
	}
	for prefix, ext := range p.DIDs {
		rest, plus := strings.CutPrefix(prefix, "+")
		if !plus || !allDigits(rest) || len(rest) < 3 || ext != "" && !allDigits(ext) {
			return fmt.Errorf("numbering plan: dids entry %q: %q must map the beginning of an E.164 number (\"+468465004\") to the beginning of an extension (\"41\")", prefix, ext)
		}
	}
	for _, s := range p.Outside {
		if !allDigits(s) || len(s) > 3 {
			return fmt.Errorf("numbering plan: outside-line prefix %q must be one to three digits", s)
		}
	}
	return nil
}

func (p *Plan) country() string {
	if p == nil || p.Country == "" {
		return DefaultCountry
	}
	return strings.ToUpper(p.Country)
}

// extensionOf returns the extension that an E.164 number reaches, or "". The
// longest matching block wins, so that a small block can be carved out of a
// larger one.
func (p *Plan) extensionOf(e164 string) string {
	if p == nil {
		return ""
	}
	best, ext := 0, ""
	for prefix, to := range p.DIDs {
		if len(prefix) > best && len(e164) > len(prefix) && strings.HasPrefix(e164, prefix) {
			best, ext = len(prefix), to+e164[len(prefix):]
		}
	}
	// A block is often wider than the extensions in use; what is left over
	// belongs to somebody else.
	if len(p.Extensions) > 0 && !p.IsExtension(ext) {
		return ""
	}
	return ext
}

func checkPattern(s string) error {
	if from, to, ok := strings.Cut(s, "-"); ok {
		if len(from) != len(to) || !allDigits(from) || !allDigits(to) || from > to {
			return fmt.Errorf("numbering plan: range %q must be two numbers of equal length, the lower one first (\"4100-4199\")", s)
		}
		return nil
	}
	if s == "" || strings.Trim(s, "0123456789XZN*#") != "" {
		return fmt.Errorf("numbering plan: %q is no number, range or pattern: write digits, *, #, a range \"4100-4199\", or X, Z, N for a digit", s)
	}
	return nil
}

func matchAny(patterns []string, digits string) bool {
	if digits == "" {
		return false
	}
	for _, p := range patterns {
		if matchPattern(p, digits) {
			return true
		}
	}
	return false
}

func matchPattern(pattern, digits string) bool {
	if from, to, ok := strings.Cut(pattern, "-"); ok {
		return len(digits) == len(from) && allDigits(digits) && from <= digits && digits <= to
	}
	if len(pattern) != len(digits) {
		return false
	}
	for i := range len(pattern) {
		if !matchDigit(pattern[i], digits[i]) {
			return false
		}
	}
	return true
}

func matchDigit(pattern, c byte) bool {
	switch pattern {
	case 'X':
		return '0' <= c && c <= '9'
	case 'Z':
		return '1' <= c && c <= '9'
	case 'N':
		return '2' <= c && c <= '9'
	}
	return pattern == c
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
