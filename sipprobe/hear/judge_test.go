package hear

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"vmaudit/sipprobe/canary"
)

// calls are whole calls and what they are judged.
var calls = map[string]struct {
	sound made
	want  Judgement
	why   string
}{
	"healthy":                     {made{}.quiet(500).speech(1, 4000).quiet(200).tone(425, 700).quiet(2500), GreetingBeepSilence, "of greeting"},
	"healthy in noise":            {made{}.speech(1, 4000).quiet(200).tone(425, 700).noise(3000, -55), GreetingBeepSilence, "silence"},
	"healthy after ringing":       {made{}.tone(1000, 425).quiet(5000).tone(1000, 425).quiet(2000).speech(1, 4000).quiet(300).tone(425, 700).quiet(2500), GreetingBeepSilence, "ringback (Sweden)"},
	"healthy with a double beep":  {made{}.speech(1, 4000).quiet(200).tone(150, 1400).quiet(100).tone(150, 1400).quiet(2500), GreetingBeepSilence, "greeting"},
	"keys after the beep":         {made{}.speech(1, 4000).quiet(200).tone(425, 700).quiet(700).tone(100, 697, 1209).quiet(100).tone(100, 770, 1336).quiet(2500), Unknown, "dtmf at"},
	"a tone after the beep":       {made{}.speech(1, 4000).quiet(200).tone(425, 700).quiet(700).tone(4000, 330).quiet(1000), Unknown, "tone at"},
	"ringing after the beep":      {made{}.speech(1, 4000).quiet(200).tone(425, 700).quiet(300).tone(1000, 425).quiet(2000), Unknown, "ringback at"},
	"loud noise after the beep":   {made{}.speech(1, 4000).quiet(200).tone(425, 700).noise(4000, -20), Unknown, "comfort-noise at"},
	"a token too fast":            {made{}.speech(1, 4000).quiet(200).tone(425, 700).quiet(500).faster(0x123456789abc).quiet(2500), Unknown, "neither speech nor silence"},
	"hung up after the silence":   {made{}.speech(1, 4000).quiet(200).tone(425, 700).quiet(2500).times(6, func(m made) made { return m.tone(250, 425).quiet(250) }), GreetingBeepSilence, "of silence"},
	"cut off after the beep":      {made{}.speech(1, 4000).quiet(200).tone(425, 700).quiet(500), Unknown, "after the beep: what follows it is not known"},
	"speech after the beep":       {made{}.speech(1, 4000).quiet(200).tone(425, 700).quiet(700).speech(2, 3000).quiet(1000), SpeechAfterBeep, "speech at"},
	"speech at once after it":     {made{}.speech(1, 4000).quiet(200).tone(425, 700).speech(2, 3000).quiet(1000), SpeechAfterBeep, "speech at"},
	"a word after the beep":       {made{}.speech(1, 4000).quiet(200).tone(425, 700).quiet(1000).speech(2, 600).quiet(2000), SpeechAfterBeep, "speech at"},
	"canary after the beep":       {made{}.speech(1, 4000).quiet(200).tone(425, 700).quiet(700).canary(5).quiet(3000), SpeechAfterBeep, "canary 000000000005"},
	"canary in place of greeting": {made{}.canary(6).quiet(300).tone(425, 700).quiet(3000), Unknown, "canary 000000000006"},
	"prompt, message, prompt":     {made{}.speech(1, 1500).quiet(1500).speech(2, 6000).quiet(1500).speech(3, 1500).quiet(500), SeveralSegments, "3 stretches"},
	"messages before the beep":    {made{}.speech(1, 3000).quiet(2000).speech(2, 6000).quiet(2000).speech(3, 3000).quiet(300).tone(425, 700).quiet(2500), SeveralSegments, "before the beep"},
	"beeps between messages":      {made{}.speech(1, 3000).quiet(300).tone(425, 700).quiet(300).speech(2, 4000).quiet(300).tone(425, 700).quiet(2500), SpeechAfterBeep, "after the beep"},
	"same prompt again":           {made{}.speech(4, 2000).quiet(3000).speech(4, 2000).quiet(3000), PINPrompt, "same short prompt"},
	"announcement":                {made{}.speech(1, 8000).quiet(500), Announcement, "no beep"},
	"announcement of the network": {made{}.quiet(300).tone(330, 950).tone(330, 1400).tone(330, 1800).quiet(300).speech(1, 5000).quiet(300), Announcement, "sit (ITU-T)"},
	"person":                      {made{}.quiet(300).speech(1, 1800).quiet(3000), AnsweredByPerson, "then"},
	"nothing":                     {made{}.quiet(5000), DeadAir, "nothing was heard"},
	"loud noise only":             {made{}.noise(5000, -10), Unknown, "neither speech nor silence"},
	"noise only":                  {made{}.noise(5000, -50), DeadAir, "nothing was heard"},
	"busy":                        {made{}.times(6, func(m made) made { return m.tone(250, 425).quiet(250) }), Unknown, "busy (Sweden)"},
	"beep only":                   {made{}.quiet(1000).tone(425, 700).quiet(3000), Unknown, "no greeting"},
	"beep, then speech":           {made{}.quiet(1000).tone(425, 700).quiet(500).speech(1, 2000).quiet(1000), SpeechAfterBeep, "no greeting"},
	"no sound":                    {nil, Unknown, "only 0.0 s"},
	"too short":                   {made{}.speech(1, 700), Unknown, "only 0.7 s"},
	"music on hold":               {made{}.times(8, func(m made) made { return m.tone(400, 523.3, 659.3).tone(400, 587.3, 784) }), Unknown, "only tones"},
}

func TestJudgements(t *testing.T) {
	for name, c := range calls {
		r := hear(c.sound)
		if r.Judgement != c.want || !strings.Contains(strings.Join(r.Reasons, "; "), c.why) {
			t.Errorf("%s: %s %q, want %s %q\n%+v", name, r.Judgement, r.Reasons, c.want, c.why, r.Events)
		}
		bad := slices.Contains([]Judgement{SpeechAfterBeep, SeveralSegments, Announcement}, r.Judgement) || strings.Contains(name, "canary")
		if r.Suspicious() != bad {
			t.Errorf("%s: suspicious is %v", name, r.Suspicious())
		}
	}
	for _, j := range Judgements {
		found := false
		for _, c := range calls {
			found = found || c.want == j
		}
		if !found {
			t.Errorf("no call is %s", j)
		}
	}
}

// TestKnownPrompts has calls judged by what a baseline knows of prompts.
func TestKnownPrompts(t *testing.T) {
	b := &Baseline{}
	for role, number := range map[Role]uint64{RolePIN: 21, RoleMenu: 22, RoleDefault: 23, RoleOther: 24} {
		k, ok := hear(made{}.quiet(100).speech(number, 2000).quiet(300)).LearnPrompt(string(role), role)
		if !ok {
			t.Fatalf("%s is too short", role)
		}
		b.Add(k)
	}
	again := b.Known[slices.IndexFunc(b.Known, func(k Known) bool { return k.Role == RoleOther })]
	again.Name = "the same again"
	b.Add(again)
	if _, ok := hear(made{}.quiet(100).speech(1, 300)).LearnPrompt("short", RolePIN); ok {
		t.Error("a third of a second is enough to be known again")
	}
	for name, c := range map[string]struct {
		sound made
		want  Judgement
		is    string
	}{
		"asks for a PIN":             {made{}.speech(21, 2000).quiet(4000), PINPrompt, GreetingUnknown},
		"asks, and plays a message":  {made{}.speech(21, 2000).quiet(2000).speech(31, 5000).quiet(500), SeveralSegments, GreetingUnknown},
		"asks, a message at once":    {made{}.speech(21, 2000).quiet(300).speech(31, 5000).quiet(500), SeveralSegments, GreetingUnknown},
		"a message, then asks":       {made{}.speech(31, 5000).quiet(2000).speech(21, 2000).quiet(3000), SeveralSegments, GreetingUnknown},
		"beep, message, then asks":   {made{}.speech(3, 3000).quiet(200).tone(425, 700).quiet(700).speech(31, 5000).quiet(1500).speech(21, 2000).quiet(3000), SeveralSegments, GreetingUnknown},
		"asks twice":                 {made{}.speech(21, 2000).quiet(500).speech(21, 2000).quiet(3000), PINPrompt, GreetingUnknown},
		"two names, and a message":   {made{}.speech(3, 3000).quiet(200).tone(425, 700).quiet(700).speech(24, 2000).quiet(100).speech(31, 1500).quiet(2000), SpeechAfterBeep, GreetingUnknown},
		"inside a mailbox":           {made{}.quiet(300).speech(22, 2000).quiet(200).speech(32, 4000).quiet(500), SeveralSegments, GreetingUnknown},
		"system's greeting":          {made{}.quiet(300).speech(23, 2000).quiet(200).tone(425, 700).quiet(2500), GreetingBeepSilence, GreetingDefault},
		"message before the prompt":  {made{}.quiet(300).speech(33, 3000).quiet(200).speech(23, 2000).quiet(200).tone(425, 700).quiet(2500), GreetingBeepSilence, GreetingUnknown},
		"thanks, after the silence":  {made{}.quiet(300).speech(23, 2000).quiet(200).tone(425, 700).quiet(2500).speech(23, 2000).quiet(500), GreetingBeepSilence, GreetingDefault},
		"message, after the silence": {made{}.quiet(300).speech(23, 2000).quiet(200).tone(425, 700).quiet(2500).speech(34, 2000).quiet(500), SpeechAfterBeep, GreetingDefault},
	} {
		e := New(Options{Baseline: b})
		e.Feed(c.sound)
		if r := e.Result(); r.Judgement != c.want || r.Greeting.Is != c.is {
			t.Errorf("%s: %s, greeting %s: %q, %+v; want %s, %s", name, r.Judgement, r.Greeting.Is, r.Reasons, r.Prompts, c.want, c.is)
		}
	}
}

func TestBaselineComesBack(t *testing.T) {
	b := &Baseline{Known: []Known{{"4101", RoleGreeting, 3.5, Print{1, 2, 0xFFFF}}, {"vm-login", RolePIN, 1, Print{7}}}}
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	got, err := ReadBaseline(bytes.NewReader(out.Bytes()))
	if err != nil || len(got.Known) != 2 || !slices.Equal(got.Known[0].Print, b.Known[0].Print) {
		t.Errorf("%+v, %v of %s", got, err, out.Bytes())
	}
	for _, bad := range []string{"", "[]", `{"version": 2}`, `{"version": 1, "known": [{"role": "nonsense"}]}`, `{"version": 1, "known": [{"role": "pin", "print": "A"}]}`} {
		if _, err := ReadBaseline(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is taken for a baseline", bad)
		}
	}
}

// TestPictures draws a call, and finds the veil where somebody speaks.
func TestPictures(t *testing.T) {
	e := New(Options{Picture: true})
	e.Feed(made{}.quiet(1000).speech(1, 3000).quiet(1000).tone(500, 700).quiet(2500))
	r := e.Result()
	var out bytes.Buffer
	if err := r.Picture(&out, "call.wav", false); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	d := r.plan("")
	if img.Bounds().Dx() != d.wide || img.Bounds().Dy() != d.high {
		t.Errorf("the picture is %v, want %d x %d", img.Bounds(), d.wide, d.high)
	}
	y, drawn := topEdge+levelHigh+gapHigh, 0
	for x := leftEdge; x < d.wide-rightEdge; x++ {
		at := float64(x-leftEdge) / float64(d.wide-leftEdge-rightEdge) * d.seconds
		for row := range bands {
			c := img.At(x, y+row*bandHigh+bandHigh/2)
			red, _, _, _ := c.RGBA()
			veiled := uint8(red>>8) == veil.R || uint8(red>>8) < veil.R && uint8(red>>8) > veil.R-30 // with a line of time
			if !veiled {
				drawn++
			}
			if at > 0.8 && at < 4.2 && !veiled {
				t.Fatalf("the spectrum at %.2f s, where somebody speaks, is drawn: %v", at, c)
			}
		}
	}
	if drawn == 0 {
		t.Error("no spectrum is drawn")
	}
	testSVG(t, r)
	if err := hear(made{}.quiet(2000)).Picture(io.Discard, "", false); !errors.Is(err, ErrNoPicture) {
		t.Errorf("a picture of what was not kept: %v", err)
	}
}

func testSVG(t *testing.T, r *Result) {
	t.Helper()
	var out bytes.Buffer
	if err := r.Picture(&out, "a <call> & more.wav", true); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for d := xml.NewDecoder(&out); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("no SVG: %v", err)
		}
	}
	if !strings.Contains(text, "a &lt;call&gt; &amp; more.wav") || !strings.Contains(text, " Hz ") || !strings.Contains(text, "data:image/png") {
		t.Errorf("the picture lacks its title, beep or spectrum: %.2000s", text)
	}
}

// TestBaselineGreetings has greetings that are, and are not, what the baseline has.
func TestBaselineGreetings(t *testing.T) {
	system := func(number uint64, ms int) made {
		return made{}.quiet(300).speech(51, 1500).quiet(100).speech(number, ms).quiet(100).speech(52, 2000).quiet(200).tone(425, 700).quiet(2500)
	}
	b := &Baseline{}
	for i, number := range []uint64{51, 52} {
		k, _ := hear(made{}.quiet(100).speech(number, 1500+500*i).quiet(300)).LearnPrompt(string(rune('a'+i)), RoleDefault)
		b.Add(k)
	}
	for name, m := range map[string]made{"4101": system(53, 1500)} {
		k, ok := hear(m).LearnGreeting(name)
		if !ok {
			t.Fatalf("no greeting of %s", name)
		}
		b.Add(k)
	}
	for name, c := range map[string]struct {
		mailbox string
		sound   made
		want    Judgement
	}{
		"same number read out":    {"4101", system(53, 1500), GreetingBeepSilence},
		"a message read out":      {"4101", system(54, 4000), Unknown},
		"system's, of a stranger": {"4109", system(54, 1500), GreetingBeepSilence},
	} {
		e := New(Options{Baseline: b, Name: c.mailbox})
		e.Feed(c.sound)
		if r := e.Result(); r.Judgement != c.want {
			t.Errorf("%s: %s %q, want %s; %+v", name, r.Judgement, r.Reasons, c.want, r.Greeting)
		}
	}
}

// TestSpeechBeforeHalfACanary: where most of a token is missing, what was said in its
// place is told.
func TestSpeechBeforeHalfACanary(t *testing.T) {
	token := canary.Token(7)
	cut := len(token) * 7 / 10
	x := append(made{}.speech(1, 4000), token[cut:]...)
	r := hear(x.quiet(2000))
	if r.canaries() != 1 {
		t.Fatalf("%d canaries in %+v", r.canaries(), r.Events)
	}
	if e := r.Events[0]; e.Kind != Speech || e.Length() < 3*time.Second {
		t.Errorf("4 s of speech are told as %+v", r.Events)
	}
}

// TestSilencesApart: a silence begins after what ended the one before.
func TestSilencesApart(t *testing.T) {
	x := made{}
	for ms := 5; ms <= 80; ms += 5 {
		x = x.quiet(500).noise(ms, -45)
	}
	end := int64(0)
	for _, e := range hear(x).Events {
		if e.Kind == Silence && e.Start < end {
			t.Errorf("a silence begins at %v, before the one before ended, at %v", at(e.Start), at(end))
		}
		end = e.End
	}
}
