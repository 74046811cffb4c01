package number

import (
	"net/url"
	"strings"
)

// withheld are the words that systems write where a number is not shown. They
// are compared in lower case and without separators.
var withheld = map[string]bool{
	"": true, "anonymous": true, "unknown": true, "restricted": true,
	"unavailable": true, "private": true, "withheld": true, "hidden": true,
	"nonumber": true, "notavailable": true, "outofarea": true, "blocked": true,
	"noid": true, "nocallerid": true, "null": true, "none": true, "undefined": true,
	"asserted": true, "skyddat": true, "hemligt": true, "hemligtnummer": true,
	"dolt": true, "doltnummer": true, "okänt": true, "okäntnummer": true, "okänd": true,
}

// clean reduces what an export calls a number to its user part: the address in
// angle brackets, without scheme, host, parameters and password.
func clean(raw string) string {
	s := strings.TrimSpace(raw)
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		s = s[i+1:]
		if j := strings.IndexByte(s, '>'); j >= 0 {
			s = s[:j]
		}
	}
	s = strings.TrimSpace(strings.Trim(s, `"' `))
	s, uri := cutScheme(s)
	if uri {
		if u, err := url.PathUnescape(s); err == nil {
			s = u
		}
	}
	s, _, _ = strings.Cut(s, "@")
	s, params, _ := strings.Cut(s, ";")
	s, _, _ = strings.Cut(s, ":")
	s = strings.TrimSpace(s)
	if context := phoneContext(params); context != "" && s != "" && s[0] != '+' {
		s = context + s
	}
	return s
}

func cutScheme(s string) (rest string, uri bool) {
	for _, scheme := range []string{"sip:", "sips:", "tel:"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return s[len(scheme):], true
		}
	}
	return s, false
}

// phoneContext returns the country code that a tel URI gives for a number
// without one (RFC 3966, 5.1.5), or "".
func phoneContext(params string) string {
	for p := range strings.SplitSeq(params, ";") {
		if v, ok := strings.CutPrefix(p, "phone-context=+"); ok && allDigits(v) {
			return "+" + v
		}
	}
	return ""
}

// squeeze drops what people put between digits. ok is false when other
// characters are left, so that the text is no number.
func squeeze(s string) (digits string, ok bool) {
	s = strings.ReplaceAll(s, "(0)", "") // +46 (0)8 ...
	var b strings.Builder
	for i, r := range s {
		switch {
		case '0' <= r && r <= '9', r == '*', r == '#', r == '+' && i == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" -./()\u00a0\u2007\u2010\u2011\u2013\u202f\t", r):
		default:
			return "", false
		}
	}
	return b.String(), b.Len() > 0
}

func isWithheld(s string) bool {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.()<>\"'", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
	return withheld[s]
}
