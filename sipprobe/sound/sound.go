// Package sound turns a file, or what comes through a pipe, into 8 kHz mono samples
// of 16 bits in pieces, and writes such samples. The usual path is [Open], then
// [Reader.Each] with whoever listens; [Write] is the way out.
//
// Stance: nothing is read whole, sizes that a head states are never trusted with
// memory, and what is told of a file that cannot be read says what to do instead.
// Channels are mixed: a leak that stands in one of them is heard in the mix.
package sound

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Rate is that of all samples which this package hands out or writes, in Hz.
const Rate = 8000

// Form is how a file holds samples: WAV, or raw without any head.
type Form struct {
	Name string // "wav", "alaw", "ulaw" or "l16"; empty: told by the file's beginning and name
	Rate int    // Hz, of raw samples only; 0: 8000
}

// byEnding has Asterisk's names of raw files (formats/format_pcm.c and
// format_sln.c); its signed linear samples are little-endian.
var byEnding = map[string]Form{
	".alaw": {"alaw", 8000}, ".al": {"alaw", 8000}, ".alw": {"alaw", 8000},
	".ulaw": {"ulaw", 8000}, ".ul": {"ulaw", 8000}, ".ulw": {"ulaw", 8000}, ".mu": {"ulaw", 8000}, ".pcm": {"ulaw", 8000},
	".sln": {"l16", 8000}, ".raw": {"l16", 8000}, ".sln12": {"l16", 12000}, ".sln16": {"l16", 16000}, ".sln24": {"l16", 24000},
	".sln32": {"l16", 32000}, ".sln44": {"l16", 44100}, ".sln48": {"l16", 48000}, ".sln96": {"l16", 96000}, ".sln192": {"l16", 192000},
	".wav": {Name: "wav"},
}

// FormOf returns the form that a file's name promises, if it promises any.
func FormOf(name string) (Form, bool) {
	f, ok := byEnding[strings.ToLower(path.Ext(name))]
	return f, ok
}

// ErrUnknown says that neither a file's beginning nor its name tells what it holds.
var ErrUnknown = errors.New("neither WAV nor named as raw sound (.alaw, .ulaw, .sln, .sln16 ...): say what it is with --raw")

// source gives mono samples at a file's own rate, full scale 1.
type source interface {
	// read fills p as far as there is sound, and returns io.EOF with no sample
	// when there is no more.
	read(p []float32) (int, error)
}

// Reader hands out a file's sound as 8 kHz mono samples.
type Reader struct {
	from source
	re   *resampler // nil: the file is at 8 kHz
	buf  [1024]float32
}

// Open begins to read r. What WAV it is says its head; raw sound is what form says,
// or else the ending of name. The errors are [ErrUnknown], those of WAV files that
// are damaged or of a kind that is not read, and r's own.
func Open(r io.Reader, name string, form Form) (*Reader, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	head, err := br.Peek(12)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if len(head) == 0 {
		return nil, errors.New("empty: there is no sound in it")
	}
	if form.Name == "" && isRIFF(head) {
		form.Name = "wav"
	}
	if form.Name == "" {
		form, _ = FormOf(name)
	}
	switch form.Name {
	case "wav":
		return openWAV(br)
	case "alaw", "ulaw", "l16":
		return newReader(rawSource(br, form.Name), max(form.Rate, 0))
	case "":
		return nil, ErrUnknown
	}
	return nil, fmt.Errorf("%q is no form of sound: there are wav, alaw, ulaw and l16", form.Name)
}

// Lowest and highest rate that are read, in Hz: no telephone and no recorder has
// others.
const lowest, highest = 1000, 768_000

func newReader(from source, rate int) (*Reader, error) {
	switch {
	case rate == 0 || rate == Rate:
		return &Reader{from: from}, nil
	case rate < lowest || rate > highest:
		return nil, fmt.Errorf("%d samples a second: only %d to %d are read", rate, lowest, highest)
	}
	return &Reader{from: from, re: newResampler(rate)}, nil
}

// Read fills p with samples, as far as there are any: like an [io.Reader], but for
// samples. At the end it returns io.EOF and no sample.
func (r *Reader) Read(p []int16) (n int, err error) {
	for n < len(p) && err == nil {
		part := r.buf[:min(len(p)-n, len(r.buf))]
		got := 0
		if r.re == nil {
			got, err = r.from.read(part)
		} else {
			got, err = r.re.read(part, r.from)
		}
		for _, v := range part[:got] {
			p[n] = toInt(v)
			n++
		}
	}
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// Each calls hear with piece after piece until the sound ends. A piece is valid
// until hear returns. What was heard before an error stays heard.
func (r *Reader) Each(hear func(piece []int16)) error {
	piece := make([]int16, 1600)
	for {
		n, err := r.Read(piece)
		if n > 0 {
			hear(piece[:n])
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// toInt rounds to 16 bits; too loud is clipped, no number is silence.
func toInt(v float32) int16 {
	v *= 32768
	switch {
	case v >= 32767:
		return 32767
	case v <= -32768:
		return -32768
	case v >= 0:
		return int16(v + 0.5)
	case v < 0:
		return int16(v - 0.5)
	}
	return 0
}
