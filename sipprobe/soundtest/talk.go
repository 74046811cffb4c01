package soundtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"vmaudit/sipprobe/sound"
)

// Voice is how espeak-ng speaks.
type Voice struct {
	Language string // as espeak-ng names it
	Variant  string // another throat: "+f2", "+croak"
	Speed    int    // words a minute
	Pitch    int    // 0 to 99
}

// variants are espeak-ng's throats; the empty one is the language's own.
var variants = []string{"", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5", "+croak", "+klatt", "+klatt2", "+klatt3", "+klatt4", "+whisper"}

// AnyVoice draws one of several hundred thousand voices.
func AnyVoice(t testing.TB, seed uint64) Voice {
	t.Helper()
	Need(t)
	all, err := languages()
	if err != nil {
		t.Fatal(err)
	}
	dice := rand.New(rand.NewPCG(seed, 1))
	return Voice{all[dice.IntN(len(all))], variants[dice.IntN(len(variants))], 90 + dice.IntN(260), dice.IntN(100)}
}

// Talk returns a voice that says so many words of nothing: half of them are numbers,
// which espeak-ng reads out in its language, half are invented from the letters of
// its script. The same voice, words and seed give the same sound. Where espeak-ng
// crashes, as it does on some words of some languages, what it said until then
// counts, and the test's log has it.
func (v Voice) Talk(t testing.TB, words int, seed uint64) []int16 {
	t.Helper()
	said, err := v.say(v.text(words, rand.New(rand.NewPCG(seed, 2))))
	if crash := new(exec.ExitError); errors.As(err, &crash) && !crash.Exited() {
		t.Logf("after %d s: %v", len(said)/Rate, err)
	} else if err != nil {
		t.Fatal(err)
	}
	return said
}

func (v Voice) say(text string) (said []int16, err error) {
	cmd := exec.Command("espeak-ng", "--stdout", "-v", v.Language+v.Variant, "-s", strconv.Itoa(v.Speed), "-p", strconv.Itoa(v.Pitch))
	cmd.Stdin = strings.NewReader(text)
	var told bytes.Buffer
	cmd.Stderr = &told
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	said, err = read(out, sound.Form{})
	_, drained := io.Copy(io.Discard, out)
	if err := errors.Join(err, drained, cmd.Wait()); err != nil {
		return said, fmt.Errorf("espeak-ng as %v: %w: %s", v, err, told.Bytes())
	}
	return said, nil
}

// languages are those that espeak-ng speaks. One it lists by a private name (-x-)
// and does not know by it.
var languages = sync.OnceValues(func() (all []string, err error) {
	out, err := outputOf("espeak-ng", "--voices")
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(out), "\n") {
		if f := strings.Fields(line); i > 0 && len(f) > 1 && !strings.Contains(f[1], "-Qaaa-x-") {
			all = append(all, f[1])
		}
	}
	if len(all) < 50 {
		return nil, fmt.Errorf("espeak-ng speaks only %d languages: is espeak-ng-data there?", len(all))
	}
	return all, nil
})

// scripts has the letters of languages that are not written in Latin ones. Each is
// a syllable's beginning and its end, of which words are made.
var scripts = map[string][2]string{
	"am":                                {"ሀለመሰረሸቀበተነ", "ሁሊማሴርሾቅቡቲና"},
	"ar fa fa-latn ug ur sd":            {"بتجدرسشفقكلمن", "اوي"},
	"as bn bpy":                         {"কগচজটদনপবমরলস", "ািীুেো"},
	"ba be bg cv kk ky mk nog ru tt uk": {"бвгджзклмнпрст", "аеиоуыя"},
	"cmn yue hak":                       {"一人大中国天地山水火", "年月日上下来去出生学"},
	"el grc":                            {"βγδζκλμνπρστφχ", "αεηιοω"},
	"gu":                                {"કગચજટદનપબમરલસ", "ાિીુેો"},
	"he":                                {"בגדזחטכלמנספקרשת", "איוה"},
	"hi mr ne kok":                      {"कगचजटदनपबमरलस", "ािीुेो"},
	"hy hyw":                            {"բգդզլկհմնպռսվտ", "աեըիոու"},
	"ja":                                {"かきくさしすたなにはひまみやらりわ", "あいうえおんこそとのも"},
	"ka":                                {"ბგდვზთკლმნპრსტ", "აეიოუ"},
	"kn":                                {"ಕಗಚಜಟದನಪಬಮರಲಸ", "ಾಿೀುೇೋ"},
	"ko":                                {"가나다라마바사아자차", "강님달로물방손일점칠"},
	"ml":                                {"കഗചജടദനപബമരലസ", "ാിീുേോ"},
	"my":                                {"ကခဂငစဆညတထဒနပဖဗမယရလ", "ာိီုေ"},
	"or":                                {"କଗଚଜଟଦନପବମରଲସ", "ାିୀୁେୋ"},
	"pa":                                {"ਕਗਚਜਟਦਨਪਬਮਰਲਸ", "ਾਿੀੁੇੋ"},
	"si":                                {"කගචජටදනපබමරලස", "ාිීුේෝ"},
	"ta":                                {"கசடதநபமயரலவ", "ாிீுேோ"},
	"te":                                {"కగచజటదనపబమరలస", "ాిీుేో"},
	"th":                                {"กขคงจชดตนบปมยรลวส", "าีูะ"},
}

var latin = [2]string{"bcdfghjklmnprstvwz", "aeiouy"}

func (v Voice) text(words int, dice *rand.Rand) string {
	letters := latin
	for who, of := range scripts {
		for _, language := range strings.Fields(who) {
			if language == v.Language {
				letters = of
			}
		}
	}
	begin, end := []rune(letters[0]), []rune(letters[1])
	var text strings.Builder
	for range words {
		if dice.IntN(2) == 0 {
			fmt.Fprint(&text, dice.IntN(1<<(1+dice.IntN(20))))
		} else {
			for range 1 + dice.IntN(4) {
				text.WriteRune(begin[dice.IntN(len(begin))])
				text.WriteRune(end[dice.IntN(len(end))])
			}
		}
		text.WriteString([]string{" ", " ", " ", ", ", ".\n"}[dice.IntN(5)])
	}
	return text.String()
}
