package asterisktest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Prompts of the installation by what they tell; each is heard in no other
// situation.
var (
	envelopePrompts = []string{"vm-received", "vm-from-phonenumber", "vm-from-extension", "vm-from"}
	menuPrompts     = []string{"vm-youhave", "vm-onefor", "vm-onefor-full", "vm-opts", "vm-first", "vm-message", "vm-last", "vm-nomore", "vm-deleted", "vm-advopts", "vm-repeat", "vm-helpexit"}
	pinPrompts      = []string{"vm-password", "vm-login", "vm-incorrect", "vm-incorrect-mailbox", "vm-invalid-password"}
)

// prompted is the least likeness of a prompt, which is known whole.
const prompted = 0.7

// judgeAll listens to all calls, on all processors.
func (s *session) judgeAll() error {
	prompts, err := s.prompts()
	if err != nil {
		return err
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, c := range s.calls {
		g.Go(func() error { s.judge(c, prompts); return nil })
	}
	return g.Wait()
}

// judge listens to what a caller heard.
func (s *session) judge(c *planned, prompts map[string][]float64) {
	h := newHearing(c.hears)
	c.Sound, c.Hears = seconds(len(c.hears)), sixteen(c.hears, samples(c.does.length()))
	c.Envelope = h.any(prompts, envelopePrompts)
	c.Menu = h.any(prompts, menuPrompts)
	c.Asked = h.any(prompts, pinPrompts)
	if m, ok := s.stored[c]; ok {
		c.Left = &m
	}
	c.Likeness.Same = 1
	for _, by := range s.calls {
		if by.says == nil {
			continue
		}
		n, likeness := h.heard(by.says)
		if n == 0 {
			c.Likeness.Other = max(c.Likeness.Other, likeness)
			continue
		}
		c.Likeness.Same = min(c.Likeness.Same, likeness)
		c.Heard = append(c.Heard, Heard{s.stored[by], seconds(n)})
	}
}

// sixteen makes 16-bit samples of samples between -1 and 1, at least so many: a
// system that records sends nothing, and its caller hears silence.
func sixteen(sound []float64, least int) Sound {
	out := make(Sound, max(len(sound), least))
	for i, x := range sound {
		out[i] = int16(x * 32768)
	}
	return out
}

// any says that one of the prompts was heard.
func (h *hearing) any(prompts map[string][]float64, names []string) bool {
	for _, name := range names {
		if _, likeness := h.find(prompts[name]); likeness >= prompted {
			return true
		}
	}
	return false
}

// prompts reads the recorded prompts of the installation.
func (s *session) prompts() (map[string][]float64, error) {
	prompts := map[string][]float64{}
	for _, names := range [][]string{envelopePrompts, menuPrompts, pinPrompts} {
		for _, name := range names {
			sound, err := readWAV(filepath.Join(s.Install, "usr/share/asterisk/sounds/en", name+".wav"))
			if err != nil {
				return nil, err
			}
			prompts[name] = sound
		}
	}
	return prompts, nil
}

// takeStock finds out which messages lie in the spool, by their sound.
func (s *session) takeStock() error {
	names, err := filepath.Glob(filepath.Join(s.mailbox("*"), "*", "msg*.wav"))
	if err != nil {
		return err
	}
	for _, name := range names {
		sound, err := readWAV(name)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(strings.TrimSuffix(name, ".wav") + ".txt")
		if err != nil {
			return err
		}
		id := messageID.FindSubmatch(text)
		if id == nil {
			return fmt.Errorf("%s has no msg_id", name)
		}
		s.recognise(newHearing(sound), Message{ID: string(id[1]), Mailbox: filepath.Base(filepath.Dir(filepath.Dir(name)))})
	}
	return nil
}

var messageID = regexp.MustCompile(`(?m)^msg_id=(\S+)`)

// recognise notes which of the messages that callers left this is.
func (s *session) recognise(h *hearing, m Message) {
	for _, c := range s.calls {
		if known, ok := s.stored[c]; c.says == nil || ok && known != m {
			continue
		}
		if n, _ := h.heard(c.says); n > rate {
			s.stored[c] = m
			return
		}
	}
}

// readWAV reads a file of 16-bit samples at 8 kHz, as Asterisk writes them.
func readWAV(name string) ([]float64, error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	_, body, ok := bytes.Cut(file, []byte("data"))
	if !ok || len(body) < 4 || !bytes.HasPrefix(file, []byte("RIFF")) {
		return nil, fmt.Errorf("%s is no WAV file", name)
	}
	body = body[4:]
	sound := make([]float64, len(body)/2)
	for i := range sound {
		sound[i] = float64(int16(binary.LittleEndian.Uint16(body[2*i:]))) / 32768
	}
	return sound, nil
}

// wav is a file of a sound.
func wav(sound []float64) []byte {
	var out bytes.Buffer
	size := uint32(2 * len(sound))
	out.WriteString("RIFF")
	for _, field := range []any{36 + size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16), []byte("data"), size} {
		_ = binary.Write(&out, binary.LittleEndian, field) // a buffer takes it all
	}
	for _, x := range sound {
		_ = binary.Write(&out, binary.LittleEndian, int16(x*32767))
	}
	return out.Bytes()
}
