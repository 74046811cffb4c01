package soundtest

import "testing"

// TestCorpora counts what there is to hear, and sees that it can be heard.
func TestCorpora(t *testing.T) {
	hours := map[string]float64{}
	for _, c := range Corpora(t) {
		t.Logf("%-12s %-6s %-5s %-4s %4d recordings, %.2f hours", c.Name, c.Kind, c.Language, c.Use, len(c.Recordings), c.Hours())
		hours[c.Kind] += c.Hours()
		if c.Kind == "speech" && c.Language == "-" {
			t.Errorf("%s: speech without a language", c.Name)
		}
		loudest := 0.0
		c.Each(t, func(r Recording, sound []int16) {
			if len(sound) != r.Samples {
				t.Errorf("%s: %s has %d samples, not %d", c.Name, r.Name, len(sound), r.Samples)
			}
			loudest = max(loudest, active(sound))
		})
		if loudest < 300*300 {
			t.Errorf("%s: nothing in it is louder than %.0f", c.Name, loudest)
		}
	}
	t.Logf("distinct hours: %.2f of speech, %.2f of music, %.2f of games", hours["speech"], hours["music"], hours["game"])
	if hours["speech"] < 2.5 || hours["music"] < 0.3 {
		t.Errorf("too little to hear: %v hours", hours)
	}
}

// TestSplit sees that there is speech in five languages, on both sides of the split,
// and that no recording is counted twice.
func TestSplit(t *testing.T) {
	spoken, seen := map[string]bool{}, map[string]bool{}
	for _, use := range []string{"tune", "test"} {
		for _, c := range Corpora(t, "speech", use) {
			spoken[c.Language] = true
			if seen[c.Name] {
				t.Errorf("%s is for tuning and for tests", c.Name)
			}
			seen[c.Name] = true
		}
	}
	for _, language := range []string{"en", "es", "fr", "it", "ru"} {
		if !spoken[language] {
			t.Errorf("nobody speaks %q", language)
		}
	}
}

// TestTheSameTwice sees that a recording which a second package has too is left out.
func TestTheSameTwice(t *testing.T) {
	Need(t)
	dir, err := cache()
	if err != nil {
		t.Fatal(err)
	}
	const line = "prompts-en x speech en test short"
	seen := map[string]bool{}
	once, err := corpus(dir, line, seen)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := corpus(dir, line, seen); err == nil || len(once.Recordings) == 0 {
		t.Errorf("%d recordings count once and, as the error says, again: %v", len(once.Recordings), err)
	}
}
