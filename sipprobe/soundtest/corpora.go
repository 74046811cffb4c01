package soundtest

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

//go:embed corpora.txt
var list string

// Corpus is the recordings of one package. Those that an earlier corpus has too are
// left out: hours are distinct hours.
type Corpus struct {
	Name, Package string
	Kind          string // speech, music or game: a game's sounds, music and speech
	Language      string // ISO 639, "mixed", or "-" for none
	Use           string // tune or test: nothing is measured on what was tuned with
	When          string // short: got every time; long: for long measurements
	Recordings    []Recording
	file          string
}

// Recording is one file of a package.
type Recording struct {
	Name    string // its path in the package
	Samples int    // at 8 kHz
	offset  int64
}

// Hours is how much there is to hear.
func (c *Corpus) Hours() float64 {
	n := 0
	for _, r := range c.Recordings {
		n += r.Samples
	}
	return float64(n) / Rate / 3600
}

// Each calls hear with one recording after the other. It fails the test where one
// cannot be read.
func (c *Corpus) Each(t testing.TB, hear func(r Recording, sound []int16)) {
	t.Helper()
	file, err := os.Open(c.file)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, r := range c.Recordings {
		sound, err := part(file, r.offset, r.Samples)
		if err != nil {
			t.Fatal(err)
		}
		hear(r, sound)
	}
}

// Corpora returns the corpora that are there and are all of what is wanted: a kind,
// a language, tune or test, short or long. It fails the test when there is none.
func Corpora(t testing.TB, wanted ...string) (chosen []*Corpus) {
	t.Helper()
	Need(t)
	all, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.is(wanted) {
			chosen = append(chosen, c)
		}
	}
	if len(chosen) == 0 {
		t.Fatalf("there are no recordings that are %q: run make test-sound LONG=1", wanted)
	}
	return chosen
}

func (c *Corpus) is(wanted []string) bool {
	for _, w := range wanted {
		if !slices.Contains([]string{c.Kind, c.Language, c.Use, c.When}, w) {
			return false
		}
	}
	return true
}

// catalogue is what corpora.txt lists and get.sh got. Those that are got every time
// must be there; none may be empty.
var catalogue = sync.OnceValues(func() (all []*Corpus, err error) {
	dir, err := cache()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		c, err := corpus(dir, line, seen)
		if errors.Is(err, fs.ErrNotExist) && c.When == "long" {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
})

// corpus reads one line of corpora.txt and what get.sh wrote for it: the length,
// checksum and name of each recording, in the order in which they stand in one file.
func corpus(dir, line string, seen map[string]bool) (*Corpus, error) {
	f := strings.Fields(line)
	if len(f) != 6 {
		return nil, fmt.Errorf("corpora.txt: %q has %d columns, not 6", line, len(f))
	}
	dir = filepath.Join(dir, f[0])
	c := &Corpus{Name: f[0], Package: f[1], Kind: f[2], Language: f[3], Use: f[4], When: f[5], file: filepath.Join(dir, "sound.l16")}
	if _, err := os.Stat(filepath.Join(dir, "finished")); err != nil {
		return c, err
	}
	files, err := os.Open(filepath.Join(dir, "files.txt"))
	if err != nil {
		return c, err
	}
	defer files.Close()
	var offset int64
	for lines := bufio.NewScanner(files); lines.Scan(); {
		r, sum, err := recording(lines.Text(), offset)
		if err != nil {
			return c, fmt.Errorf("%s: %q: %w: remove the folder and get it again", files.Name(), lines.Text(), err)
		}
		offset += 2 * int64(r.Samples)
		if !seen[sum] {
			c.Recordings = append(c.Recordings, r)
		}
		seen[sum] = true
	}
	if len(c.Recordings) == 0 {
		return c, fmt.Errorf("%s has no recordings: remove the folder and get it again", dir)
	}
	return c, nil
}

// recording reads a line of files.txt: samples, checksum, name.
func recording(line string, offset int64) (r Recording, sum string, err error) {
	f := strings.SplitN(line, " ", 3)
	if len(f) != 3 {
		return r, "", fmt.Errorf("%d columns, not 3", len(f))
	}
	n, err := strconv.Atoi(f[0])
	return Recording{Name: f[2], Samples: n, offset: offset}, f[1], err
}

func part(file *os.File, offset int64, samples int) ([]int16, error) {
	raw := make([]byte, 2*samples)
	if _, err := file.ReadAt(raw, offset); err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	return samplesOf(raw), nil
}

// somebody is n samples of a recorded voice, from anywhere among those that are got
// every time.
func somebody(n int, dice *rand.Rand) []int16 {
	all, err := catalogue()
	if err != nil {
		panic(err)
	}
	voices := slices.DeleteFunc(slices.Clone(all), func(c *Corpus) bool { return c.Kind != "speech" || c.When != "short" })
	voice := voices[dice.IntN(len(voices))]
	var sound []int16
	for len(sound) < n {
		sound = append(sound, voice.some(dice)...)
	}
	return sound[:n]
}

func (c *Corpus) some(dice *rand.Rand) []int16 {
	file, err := os.Open(c.file)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	r := c.Recordings[dice.IntN(len(c.Recordings))]
	sound, err := part(file, r.offset, r.Samples)
	if err != nil {
		panic(err)
	}
	return sound
}
