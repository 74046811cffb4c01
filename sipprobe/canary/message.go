package canary

import (
	"fmt"
	"time"

	"vmaudit/sipprobe/spectrum"
)

const (
	// Longest is how long a planted message may be. Some systems cut messages, and a
	// caller who hears one hangs up.
	Longest = 10 * time.Second
	// pause stands between the spoken sentence and the token.
	pause = 200 * time.Millisecond
)

// Message returns what is planted: a spoken sentence, which says that this is a test
// and may be deleted, and then the token; without a preamble the token alone. The
// preamble is 8 kHz mono. A message of more than [Longest] is refused.
func Message(preamble []int16, id ID) ([]int16, error) {
	token := Token(id)
	if len(preamble) == 0 {
		return token, nil
	}
	message := append(append(append([]int16(nil), preamble...), make([]int16, samples(pause))...), token...)
	if room := samples(Longest) - samples(pause) - len(token); len(preamble) > room {
		return nil, fmt.Errorf("the preamble takes %.1f seconds, and %.1f are left beside the token: shorten it", float64(len(preamble))/spectrum.Rate, float64(room)/spectrum.Rate)
	}
	return message, nil
}

func samples(d time.Duration) int { return int(d * spectrum.Rate / time.Second) }
