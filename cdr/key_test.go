package cdr

import "testing"

// TestKeysAreNoNumbers: a correlation key is kept as it is only if no telephone
// number can stand in it.
func TestKeysAreNoNumbers(t *testing.T) {
	for key, keep := range map[string]bool{
		"1795297724.21": true, "pbx1-1795297724.1234567": true, "K100023": true, "a1b2-c3d4:5": true,
		"0701740699": false, "46701740699-1": false, "070-1740699:7": false, "x46701740699": false, "1795297724": false, "call.17952977241": false,
	} {
		if isKey([]byte(key)) != keep {
			t.Errorf("key %q: kept %v, want %v", key, !keep, keep)
		}
	}
	for name, want := range map[string]string{
		"PJSIP/trunk-0000001f": "PJSIP-0000001f", "Local/4112@desk-ring-00000000;2": "Local-00000000;2",
		"SIP/0701740699": "", "SIP/0701740699-46701740": "SIP-46701740", "DAHDI/1-1": "", "0701740699-0000001f": "",
	} {
		if got := channel([]byte(name)); got != want {
			t.Errorf("channel %q is kept as %q, want %q", name, got, want)
		}
	}
}
