package number

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// shortDigits is how long a number can be that counts as internal when there is
// no numbering plan: the longest extensions in common use.
const shortDigits = 5

// memoSize bounds what a Normaliser remembers: two generations of this many
// texts, some 20 MB at the most.
const memoSize = 1 << 16

// Normaliser turns raw numbers into [Party] values under one plan and one key.
// It remembers what it has seen, because the numbers of an export repeat and
// parsing one takes twenty microseconds. It is for one goroutine; give others a
// [Normaliser.Clone].
type Normaliser struct {
	plan     *Plan
	key      *Key
	now, old map[string]Party
	digest   hash.Hash
}

// NewNormaliser returns a normaliser. A nil plan is an empty one; key must not
// be nil. The plan must not be changed afterwards.
func NewNormaliser(p *Plan, k *Key) *Normaliser {
	if k == nil {
		panic("number: NewNormaliser without a key")
	}
	if p == nil {
		p = &Plan{}
	}
	digests := k.derive("vmaudit row digest")
	return &Normaliser{plan: p, key: k, now: map[string]Party{}, digest: hmac.New(sha256.New, digests[:])}
}

// Digest returns a keyed digest of data, for identifying text that contains
// numbers: a plain hash could be tried out over all of them. It is the same for
// every normaliser with the same key.
func (n *Normaliser) Digest(data []byte) (id [16]byte) {
	n.digest.Reset()
	n.digest.Write(data)
	var sum [sha256.Size]byte
	copy(id[:], n.digest.Sum(sum[:0]))
	return id
}

// Clone returns a normaliser with the same plan and key, for another goroutine.
func (n *Normaliser) Clone() *Normaliser { return NewNormaliser(n.plan, n.key) }

// Plan returns the plan that the normaliser was made with, never nil.
func (n *Normaliser) Plan() *Plan { return n.plan }

// Party returns the party that raw stands for. It never fails: text that is no
// number is tokenised as it is, so that it is neither readable nor lost.
func (n *Normaliser) Party(raw string) Party {
	if p, ok := n.now[raw]; ok {
		return p
	}
	return n.recall(strings.Clone(raw))
}

// PartyBytes is [Normaliser.Party] for text in a buffer; it does not keep raw,
// and allocates nothing for what it has seen.
func (n *Normaliser) PartyBytes(raw []byte) Party {
	if p, ok := n.now[string(raw)]; ok {
		return p
	}
	return n.recall(string(raw))
}

func (n *Normaliser) recall(raw string) Party {
	p, ok := n.old[raw]
	if !ok {
		return n.learn(raw)
	}
	n.remember(raw, p)
	return p
}

func (n *Normaliser) learn(raw string) Party {
	id, class := n.E164(raw)
	if class == External || class == Foreign {
		id = n.key.Token(id)
	}
	p := Party{ID: id, Class: class}
	// A caller can choose a long text; nobody repeats it often enough to be
	// worth the memory.
	if len(raw) <= 128 {
		n.remember(raw, p)
	}
	return p
}

func (n *Normaliser) remember(raw string, p Party) {
	if len(n.now) >= memoSize {
		n.old, n.now = n.now, make(map[string]Party, memoSize)
	}
	n.now[raw] = p
}

// E164 returns the normalised text behind a party, before any token: the
// extension or code for [Internal], "+" and the number for [External] and
// [Foreign], "raw:" and the text for what is no number, "" for [Withheld]. The
// result is personal data: it is for computing tokens, not for keeping.
func (n *Normaliser) E164(raw string) (string, Class) {
	s := clean(raw)
	if isWithheld(s) {
		return "", Withheld
	}
	digits, ok := squeeze(s)
	if digits == "+" {
		return "", Withheld
	}
	if !ok {
		return "raw:" + strings.ToLower(s), External
	}
	if n.isInternal(digits) {
		return n.codeOnly(digits), Internal
	}
	digits = withoutCode(digits)
	number := n.parse(digits)
	if number == nil {
		return "raw:" + strings.TrimPrefix(digits, "+"), External
	}
	e164 := phonenumbers.Format(number, phonenumbers.E164)
	if ext := n.plan.extensionOf(e164); ext != "" {
		return ext, Internal
	}
	if int(number.GetCountryCode()) != phonenumbers.GetCountryCodeForRegion(n.plan.country()) {
		return e164, Foreign
	}
	return e164, External
}

func (n *Normaliser) isInternal(digits string) bool {
	if n.plan.IsExtension(digits) || n.plan.IsAccess(digits) {
		return true
	}
	// A code is nobody's number, unless it carries one ("*21*0701740617#").
	if strings.ContainsAny(digits, "*#") {
		return longestRun(digits) <= shortDigits && len(digits) <= 2*shortDigits
	}
	// A plan that lists no extensions does not say which short numbers there are.
	listed := n.plan != nil && len(n.plan.Extensions) > 0
	return !listed && digits[0] != '+' && len(digits) <= shortDigits
}

// codeOnly cuts what follows a service code ("*98*4711#" is "*98"): behind it
// people dial mailboxes and PINs.
func (n *Normaliser) codeOnly(digits string) string {
	if n.plan.IsAccess(digits) || n.plan.IsExtension(digits) {
		return digits
	}
	start := strings.IndexFunc(digits, func(r rune) bool { return r != '*' && r != '#' })
	if start < 1 {
		return digits
	}
	if end := strings.IndexAny(digits[start:], "*#"); end >= 0 && start+end < len(digits)-1 {
		return digits[:start+end]
	}
	return digits
}

func longestRun(s string) (longest int) {
	for run := range strings.FieldsFuncSeq(s, func(r rune) bool { return r < '0' || r > '9' }) {
		longest = max(longest, len(run))
	}
	return longest
}

// digitCount counts digits wherever they stand: 070-174 06 17 is a number too.
func digitCount(s string) (count int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			count++
		}
	}
	return count
}

// withoutCode returns the number that a service code carries ("#31#0701740617",
// "*21*0701740617#"): it is the same person with and without the code.
func withoutCode(digits string) string {
	if !strings.ContainsAny(digits, "*#") {
		return digits
	}
	for run := range strings.FieldsFuncSeq(digits, func(r rune) bool { return r == '*' || r == '#' }) {
		if len(run) > shortDigits {
			return run
		}
	}
	return digits
}

// parse tries the text as it stands, with the country code but without its
// plus, and behind an outside-line prefix, in this order. A valid reading wins
// over an earlier one that is only possible: 00701740617 is outside line 0 and
// a Swedish mobile, not a Russian number with too few digits.
func (n *Normaliser) parse(digits string) *phonenumbers.PhoneNumber {
	if strings.ContainsAny(digits, "*#") {
		return nil
	}
	var fallback *phonenumbers.PhoneNumber
	for _, s := range n.readings(digits) {
		number, err := phonenumbers.Parse(s, n.plan.country())
		if err != nil {
			continue
		}
		if phonenumbers.IsValidNumber(number) {
			return number
		}
		if fallback == nil {
			fallback = number
		}
	}
	return fallback
}

func (n *Normaliser) readings(digits string) []string {
	readings := []string{international(digits)}
	if digits[0] == '+' {
		return readings
	}
	if digits[0] != '0' {
		readings = append(readings, "+"+digits)
	}
	for _, prefix := range n.plan.Outside {
		if rest, ok := strings.CutPrefix(digits, prefix); ok && len(rest) > shortDigits {
			readings = append(readings, international(rest))
		}
	}
	return readings
}

// international writes the 00 of most of the world as the plus that it means.
func international(digits string) string {
	if rest, ok := strings.CutPrefix(digits, "00"); ok {
		return "+" + rest
	}
	return digits
}

// Mailbox returns the name under which a mailbox is kept: as the system writes
// it when it is internal, or a short name without a number; else a token. Dial
// plans often open the mailbox "of the caller", whoever that is, so the name of
// a mailbox can be a stranger's number. Directories must name mailboxes through
// this function too, for the names to join.
func (n *Normaliser) Mailbox(raw string) string {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return ""
	}
	if isMailboxName(raw) && (n.isInternal(raw) || digitCount(raw) <= shortDigits) {
		return raw
	}
	if p := n.Party(raw); p.Known() {
		return p.ID
	}
	return n.key.Token("raw:" + strings.ToLower(raw))
}

func isMailboxName(s string) bool {
	return len(s) <= 40 && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("*#._-", r))
	}) < 0
}
