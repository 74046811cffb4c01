package sound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
)

// tone is a sine of half of full scale.
func tone(hz float64, rate, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 0.5 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
	}
	return x
}

// wavOf writes x into every channel of a WAV file.
func wavOf(kind uint16, width, channels, rate int, x []float64) []byte {
	le := binary.LittleEndian
	b := append([]byte(nil), "RIFF\xff\xff\xff\xffWAVELIST\x03\x00\x00\x00abc\x00fmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, kind)
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(rate*channels*width))
	b = le.AppendUint16(b, uint16(channels*width))
	b = le.AppendUint16(b, uint16(8*width))
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(len(x)*channels*width))
	for _, v := range x {
		for range channels {
			b = append(b, encoded(kind, width, v)...)
		}
	}
	return b
}

func encoded(kind uint16, width int, v float64) []byte {
	le := binary.LittleEndian
	switch {
	case kind == wavFloat && width == 8:
		return le.AppendUint64(nil, math.Float64bits(v))
	case kind == wavFloat:
		return le.AppendUint32(nil, math.Float32bits(float32(v)))
	case kind != wavPCM:
		var b bytes.Buffer
		if err := Write(&b, Form{Name: map[uint16]string{wavALaw: "alaw", wavMuLaw: "ulaw"}[kind]}, []int16{int16(v * 32767)}); err != nil {
			panic(err)
		}
		return b.Bytes()
	case width == 1:
		return []byte{byte(128 + math.Round(v*127))}
	}
	return le.AppendUint32(nil, uint32(int32(v*(1<<31-1))))[4-width:]
}

func readAll(r io.Reader, name string, form Form) (all []int16, err error) {
	s, err := Open(r, name, form)
	if err != nil {
		return nil, err
	}
	return all, s.Each(func(piece []int16) { all = append(all, piece...) })
}

// level returns how strong a tone is in x, and what else there is, full scale 1.
func level(x []int16, hz float64) (signal, rest float64) {
	x = x[len(x)/8 : len(x)*7/8]
	var re, im, all float64
	for i, v := range x {
		s, c := math.Sincos(2 * math.Pi * hz * float64(i) / Rate)
		f := float64(v) / 32768
		re, im, all = re+f*c, im+f*s, all+f*f
	}
	n := float64(len(x))
	signal = 2 * math.Hypot(re, im) / n
	return signal, math.Sqrt(math.Max(0, all/n-signal*signal/2))
}

func TestEveryKindOfWAV(t *testing.T) {
	for _, c := range []struct {
		name        string
		kind        uint16
		width, rate int
		rest        float64 // noise allowed, full scale 1
	}{
		{"8 bits", wavPCM, 1, 8000, 4e-3}, {"16 bits", wavPCM, 2, 8000, 2e-5}, {"24 bits", wavPCM, 3, 8000, 2e-5}, {"32 bits", wavPCM, 4, 8000, 2e-5},
		{"float", wavFloat, 4, 8000, 2e-5}, {"double", wavFloat, 8, 8000, 2e-5}, {"A-law", wavALaw, 1, 8000, 1e-2}, {"mu-law", wavMuLaw, 1, 8000, 1e-2},
		{"1 kHz", wavPCM, 2, 1000, 1e-4}, {"6 kHz", wavPCM, 2, 6000, 1e-4}, {"11025 Hz", wavPCM, 2, 11025, 1e-4}, {"16 kHz", wavPCM, 2, 16000, 1e-4},
		{"44.1 kHz", wavPCM, 2, 44100, 1e-4}, {"48 kHz", wavPCM, 2, 48000, 1e-4}, {"192 kHz", wavPCM, 2, 192000, 1e-4}, {"prime", wavPCM, 2, 22051, 1e-4}, {"768 kHz", wavPCM, 2, 768000, 1e-4},
	} {
		for _, channels := range []int{1, 2, 6} {
			x, err := readAll(bytes.NewReader(wavOf(c.kind, c.width, channels, c.rate, tone(400, c.rate, c.rate))), "x", Form{})
			if err != nil {
				t.Fatalf("%s, %d channels: %v", c.name, channels, err)
			}
			if len(x) != Rate {
				t.Errorf("%s, %d channels: %d samples of one second", c.name, channels, len(x))
			}
			if signal, rest := level(x, 400); math.Abs(signal-0.5) > 0.006 || rest > c.rest {
				t.Errorf("%s, %d channels: tone of %.4f, %.6f besides it", c.name, channels, signal, rest)
			}
		}
	}
}

// A tone over 4 kHz must not come back as another one.
func TestNothingIsFoldedBack(t *testing.T) {
	for _, hz := range []float64{4400, 7000, 9000, 15000, 23000} {
		x, err := readAll(bytes.NewReader(wavOf(wavPCM, 2, 1, 48000, tone(hz, 48000, 48000))), "x", Form{})
		if err != nil {
			t.Fatal(err)
		}
		if _, rest := level(x, 1); rest > 5e-4 {
			t.Errorf("%v Hz: %.5f of it is left", hz, rest)
		}
	}
}

func TestRawByNameAndForm(t *testing.T) {
	x := make([]int16, 800)
	for i, v := range tone(500, Rate, len(x)) {
		x[i] = int16(v * 32767)
	}
	for name, c := range map[string]struct{ written, read Form }{
		"a.alaw": {written: Form{Name: "alaw"}}, "a.UL": {written: Form{Name: "ulaw"}}, "b.sln": {written: Form{Name: "l16"}},
		"-": {Form{Name: "alaw"}, Form{Name: "alaw", Rate: 8000}}, "c.ulaw": {Form{Name: "l16"}, Form{Name: "l16"}},
	} {
		var b bytes.Buffer
		if err := Write(&b, c.written, x); err != nil {
			t.Fatal(err)
		}
		got, err := readAll(&b, name, c.read)
		if err != nil || len(got) != len(x) {
			t.Fatalf("%s: %d samples, %v", name, len(got), err)
		}
		for i := range x {
			if d := int(x[i]) - int(got[i]); max(d, -d) > 512 {
				t.Fatalf("%s: sample %d is %d, was %d", name, i, got[i], x[i])
			}
		}
	}
	got, err := readAll(bytes.NewReader(make([]byte, 3200)), "x.sln16", Form{})
	if err != nil || len(got) != 800 {
		t.Errorf("1600 samples at 16 kHz: %d, %v", len(got), err)
	}
}

func TestWhatIsCutOffIsRead(t *testing.T) {
	whole := wavOf(wavPCM, 2, 2, Rate, tone(400, Rate, 1000))
	for cutOff, want := range map[int]int{0: 1000, 3: 999, 4: 999, 400: 900} {
		x, err := readAll(bytes.NewReader(whole[:len(whole)-cutOff]), "x", Form{})
		if err != nil || len(x) != want {
			t.Errorf("%d bytes cut off: %d samples, %v; want %d", cutOff, len(x), err, want)
		}
	}
	for _, size := range []uint32{0, 0x7fff_ffff, 0xffff_ffff} {
		le := binary.LittleEndian
		le.PutUint32(whole[len(whole)-4000-4:], size)
		if x, err := readAll(iotest.OneByteReader(bytes.NewReader(whole)), "x", Form{}); err != nil || len(x) != 1000 {
			t.Errorf("size %#x of a pipe: %d samples, %v", size, len(x), err)
		}
	}
}

func TestBadInputIsTold(t *testing.T) {
	good := string(wavOf(wavPCM, 2, 1, 8000, tone(400, 8000, 10)))
	change := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for name, c := range map[string]struct {
		in, want string
		form     Form
	}{
		"empty":        {"", "empty", Form{}},
		"words":        {"these are words", "neither WAV nor", Form{}},
		"words as WAV": {"these are words", "no WAV file", Form{Name: "wav"}},
		"form":         {"x", `"mp3" is no form of sound`, Form{Name: "mp3"}},
		"rate":         {"x", "only 1000 to 768000", Form{Name: "alaw", Rate: 12}},
		"head":         {good[:30], "ends before its samples", Form{}},
		"no fmt":       {change("fmt ", "fact"), "no fmt chunk", Form{}},
		"big-endian":   {change("RIFF", "RIFX"), "big-endian", Form{}},
		"GSM":          {change("\x01\x00\x01\x00", "\x31\x00\x01\x00"), "WAV49", Form{}},
		"MP3":          {change("\x01\x00\x01\x00", "\x55\x00\x01\x00"), "kind 0x0055", Form{}},
		"no channel":   {change("\x01\x00\x01\x00", "\x01\x00\x00\x00"), "0 channels", Form{}},
		"no rate":      {change("\x40\x1f\x00\x00", "\x00\x00\x00\x00"), "0 samples a second", Form{}},
		"huge rate":    {change("\x40\x1f\x00\x00", "\xff\xff\xff\xff"), "samples a second", Form{}},
	} {
		_, err := readAll(strings.NewReader(c.in), "x", c.form)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	broken := errors.New("disk on fire")
	for _, rate := range []int{8000, 16000} {
		in := io.MultiReader(strings.NewReader(string(wavOf(wavPCM, 2, 1, rate, tone(400, rate, 10)))[:70]), iotest.ErrReader(broken))
		if _, err := readAll(in, "x", Form{}); !errors.Is(err, broken) {
			t.Errorf("%d Hz: %v, want the reader's error", rate, err)
		}
	}
	if err := Write(io.Discard, Form{Name: "mp3"}, nil); err == nil {
		t.Error("MP3 was written")
	}
	if err := Write(io.Discard, Form{Name: "l16", Rate: 16000}, nil); err == nil {
		t.Error("16 kHz was written")
	}
}

func TestNoNumberIsSilence(t *testing.T) {
	x := []float64{0.5, math.NaN(), math.Inf(1), 1e30, -3, 3, 0.5}
	got, err := readAll(bytes.NewReader(wavOf(wavFloat, 4, 1, 8000, x)), "x", Form{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int16{16384, 0, 0, 0, -32768, 32767, 16384} {
		if got[i] != want {
			t.Errorf("sample %d is %d, want %d", i, got[i], want)
		}
	}
}

// FuzzOpen holds that garbage is told, or is sound of a length that fits it.
func FuzzOpen(f *testing.F) {
	for _, channels := range []int{1, 3} {
		f.Add(wavOf(wavPCM, 2, channels, 44100, tone(400, 44100, 50)), "", 0)
		f.Add(wavOf(wavFloat, 8, channels, 1000, tone(400, 1000, 50)), "wav", 0)
		f.Add(wavOf(wavMuLaw, 1, channels, 768000, tone(400, 8000, 500)), "", 0)
	}
	f.Add([]byte("garbage"), "alaw", 11025)
	f.Add([]byte("garbage"), "l16", -1)
	f.Fuzz(func(t *testing.T, in []byte, form string, rate int) {
		n := 0
		s, err := Open(bytes.NewReader(in), "x", Form{form, rate})
		if err != nil {
			return
		}
		if err := s.Each(func(piece []int16) { n += len(piece) }); err != nil {
			t.Errorf("reading: %v", err)
		}
		if n > (len(in)+1)*Rate/lowest {
			t.Errorf("%d samples of %d bytes", n, len(in))
		}
	})
}

func BenchmarkResample48k(b *testing.B) {
	in := wavOf(wavPCM, 2, 1, 48000, tone(400, 48000, 48000))
	for b.Loop() {
		if _, err := readAll(bytes.NewReader(in), "x", Form{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "x_realtime")
}

// TestCancelledChannelsAreTold: sound that is in one channel upside down would be
// silence in the mean, be it for half a second.
func TestCancelledChannelsAreTold(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to int // samples that are upside down in the right channel
		want     error
	}{
		{"none", 0, 0, nil},
		{"all", 0, 24000, ErrCancelled},
		{"the end", 14000, 24000, ErrCancelled},
	} {
		file := wavOf(wavPCM, 2, 2, 8000, tone(400, 8000, 24000))
		data := file[len(file)-24000*4:]
		for i := c.from; i < c.to; i++ {
			right := data[4*i+2:]
			binary.LittleEndian.PutUint16(right, uint16(-int16(binary.LittleEndian.Uint16(right))))
		}
		if all, err := readAll(bytes.NewReader(file), "x", Form{}); !errors.Is(err, c.want) || len(all) == 0 {
			t.Errorf("%s: %d samples and %v, want %v", c.name, len(all), err, c.want)
		}
	}
}
