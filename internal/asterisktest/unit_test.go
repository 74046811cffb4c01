package asterisktest

import (
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtp"
)

func TestNeed(t *testing.T) {
	skipped := false
	t.Run("off", func(t *testing.T) {
		t.Setenv(Variable, "off")
		defer func() { skipped = t.Skipped() }()
		Need(t, Versions[0])
	})
	if !skipped {
		t.Error("off does not skip")
	}
	if _, err := findInstall("17"); err == nil || !strings.HasPrefix(err.Error(), "asterisk 17 is not there") {
		t.Errorf("looking for a version that cannot be had: %v", err)
	}
}

func TestALaw(t *testing.T) {
	// From the tables of ITU-T G.711: the quietest and the loudest values.
	for _, test := range []struct {
		code byte
		want int
	}{{0xD5, 8}, {0x55, -8}, {0xAA, 32256}, {0x2A, -32256}} {
		if got := decodeSample(test.code); got != test.want {
			t.Errorf("%#x is decoded as %d, want %d", test.code, got, test.want)
		}
	}
	for code := range 256 {
		if got := encodeSample(decodeSample(byte(code))); got != byte(code) {
			t.Errorf("%#x comes back as %#x", code, got)
		}
	}
}

func TestSpeech(t *testing.T) {
	const n = 12
	var all [][]float64
	for i := range n {
		all = append(all, Speech(uint64(i), 4*time.Second))
	}
	if !slices.Equal(all[0], Speech(0, 4*time.Second)) {
		t.Error("the same number gives another sound")
	}
	for i, a := range all {
		h := newHearing(a)
		for j, b := range all {
			if _, likeness := h.find(b); (likeness > 0.99) != (i == j) || i != j && likeness > 0.2 {
				t.Errorf("messages %d and %d: likeness %.2f", i, j, likeness)
			}
		}
		if pause := longestPause(a); pause > time.Second {
			t.Errorf("message %d is silent for %v: Asterisk would hang up", i, pause)
		}
	}
}

func longestPause(sound []float64) time.Duration {
	longest, now := 0, 0
	for _, x := range sound {
		if now++; math.Abs(x) > 0.02 {
			now = 0
		}
		longest = max(longest, now)
	}
	return seconds(longest)
}

func TestHeard(t *testing.T) {
	message, other := Speech(1, 5*time.Second), Speech(2, 5*time.Second)
	quietly := scale(slices.Clone(message), 0.05)
	silence := make([]float64, 3*rate)
	for _, test := range []struct {
		name  string
		sound []float64
		want  time.Duration
	}{
		{"nothing", nil, 0},
		{"silence", silence, 0},
		{"another message", slices.Concat(silence, other), 0},
		{"after silence", slices.Concat(silence, message), 5 * time.Second},
		{"quietly", slices.Concat(silence, quietly, silence), 5 * time.Second},
		{"after another", slices.Concat(other, message), 5 * time.Second},
		{"through A-law", decode(encode(slices.Concat(silence, message))), 5 * time.Second},
		{"cut short", slices.Concat(other, message[:rate/2]), time.Second / 2},
		{"another goes on", slices.Concat(silence, message[:2*rate], other), 2 * time.Second},
	} {
		n, likeness := newHearing(test.sound).heard(message)
		if got := seconds(n); got < test.want-300*time.Millisecond || got > test.want {
			t.Errorf("%s: heard %v, want %v (likeness %.2f)", test.name, got, test.want, likeness)
		}
	}
}

func TestAssemble(t *testing.T) {
	packet := func(ssrc, at uint32, payload string) rtp.Packet {
		return rtp.Packet{Header: rtp.Header{SSRC: ssrc, Timestamp: at}, Payload: []byte(payload)}
	}
	for _, test := range []struct {
		name    string
		packets []rtp.Packet
		want    string
	}{
		{"none", nil, ""},
		{"one after another", []rtp.Packet{packet(1, 100, "ab"), packet(1, 102, "cd")}, "abcd"},
		{"a gap", []rtp.Packet{packet(1, 100, "ab"), packet(1, 103, "cd")}, "ab\xD5cd"},
		{"late", []rtp.Packet{packet(1, 100, "ab"), packet(1, 104, "ef"), packet(1, 102, "cd")}, "abcdef"},
		{"over the end of the count", []rtp.Packet{packet(1, 1<<32-2, "ab"), packet(1, 0, "cd")}, "abcd"},
		{"another source", []rtp.Packet{packet(1, 100, "ab"), packet(2, 7, "cd")}, "abcd"},
		{"another count", []rtp.Packet{packet(1, 100, "ab"), packet(1, 1<<30, "cd")}, "abcd"},
		{"a count that begins again", []rtp.Packet{packet(1, 100, "ab"), packet(1, 3, "cd"), packet(1, 5, "ef")}, "abcdef"},
	} {
		if diff := cmp.Diff(test.want, string(assemble(test.packets))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestWAV(t *testing.T) {
	want := Speech(1, time.Second)
	name := filepath.Join(t.TempDir(), "a.wav")
	if err := os.WriteFile(name, wav(want), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readWAV(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) || alike(got, want) < 0.999 {
		t.Errorf("%d samples came back as %d, likeness %.3f", len(want), len(got), alike(got, want))
	}
	if _, err := readWAV("unit_test.go"); err == nil || err.Error() != "unit_test.go is no WAV file" {
		t.Errorf("reading what is no WAV file: %v", err)
	}
}

func TestEar(t *testing.T) {
	e, err := listen("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("udp4", e.conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	want := encode(Speech(1, time.Second/50))
	sent := []rtp.Packet{
		{Header: rtp.Header{Version: 2, PayloadType: 0}, Payload: []byte("another codec")},
		{Header: rtp.Header{Version: 2, PayloadType: alawType}, Payload: want},
	}
	for _, p := range sent {
		packet, err := p.Marshal()
		if err == nil {
			_, err = conn.Write(packet)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(patience); e.count() == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if diff := cmp.Diff(decode(want), e.close()); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

func (e *ear) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.packets)
}

func TestScript(t *testing.T) {
	const s = time.Second
	for _, test := range []struct {
		text string
		want script
		err  string
	}{
		{"3", script{Rest: 3 * s}, ""},
		{"1 # 3.5", script{Keys: []key{{s, "#"}}, Rest: 2500 * time.Millisecond}, ""},
		{"1 12 2", script{Keys: []key{{s, "1"}, {between, "2"}}, Rest: s - between}, ""},
		{"", script{}, `script "" does not end with a time`},
		{"1 #", script{}, `script "1 #" does not end with a time`},
		{"x", script{}, `script "x": time "x" is none, or too early`},
		{"1 1234567 2", script{}, `script "1 1234567 2": time "2" is none, or too early`},
	} {
		got, err := parseScript(test.text)
		if test.err != "" {
			if err == nil || err.Error() != test.err {
				t.Errorf("%q: error %v, want %s", test.text, err, test.err)
			}
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", test.text, err, diff)
		}
	}
}

func TestPlan(t *testing.T) {
	for _, size := range []Size{Short, Long} {
		healthy, leaky := planCalls(size)
		if len(healthy) < 25*int(size) || len(leaky) < 25*int(size) {
			t.Fatalf("only %d and %d calls", len(healthy), len(leaky))
		}
		callers := map[string]int{}
		for _, c := range slices.Concat(healthy, leaky) {
			if callers[c.Caller]++; !c.Owner && c.diverts == "" && callers[c.Caller] > 1 {
				t.Errorf("stranger %s calls twice", c.Caller)
			}
		}
		for _, kind := range Leaks {
			meets := func(c *planned) bool { return c.Leak == kind }
			if slices.ContainsFunc(healthy, meets) || !slices.ContainsFunc(leaky, meets) {
				t.Errorf("leak %q is met before the change, or not after it", kind)
			}
		}
	}
}

func TestSchedule(t *testing.T) {
	call := func(box, tag, does string) *planned {
		return &planned{tag: tag, does: mustScript(does), Call: Call{Mailbox: box}}
	}
	q := newSchedule([]*planned{call("4101", "short", "1"), call("4102", "first", "2"), call("4102", "second", "3")})
	var order []string
	for range 2 {
		order = append(order, q.take().tag)
	}
	q.release("4102")
	order = append(order, q.take().tag)
	if diff := cmp.Diff([]string{"first", "short", "second"}, order); diff != "" {
		t.Errorf("order of the calls (-want +got):\n%s", diff)
	}
	if c := q.take(); c != nil {
		t.Errorf("one call too many: %v", c)
	}
}
