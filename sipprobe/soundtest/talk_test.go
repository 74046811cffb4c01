package soundtest

import (
	"slices"
	"testing"
)

// TestVoices hears every language of espeak-ng: a script that it does not read would
// leave it silent.
func TestVoices(t *testing.T) {
	Need(t)
	all, err := languages()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range all {
		said := Voice{language, "+f2", 175, 50}.Talk(t, 20, 1)
		if got := float64(len(said)) / Rate / 20; got < 0.2 || active(said) < 300*300 {
			t.Errorf("%s: %.2f s a word, mean square %.0f", language, got, active(said))
		}
	}
}

// TestTalk sees that the same seed says the same, and another something else.
func TestTalk(t *testing.T) {
	v := AnyVoice(t, 5)
	if v == AnyVoice(t, 6) {
		t.Error("two seeds draw the same voice")
	}
	said := v.Talk(t, 50, 1)
	if !slices.Equal(said, v.Talk(t, 50, 1)) {
		t.Errorf("%v: the same seed says something else", v)
	}
	if slices.Equal(said, v.Talk(t, 50, 2)) {
		t.Errorf("%v: two seeds say the same", v)
	}
}
