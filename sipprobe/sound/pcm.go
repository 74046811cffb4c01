package sound

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/zaf/g711"
)

// pcm is sound as numbers of one width, channels side by side.
type pcm struct {
	r        io.Reader
	channels int
	width    int // bytes of a sample
	decode   func([]byte) float32
	buf      []byte
	mixed    mixed
}

// mixed watches whether channels cancel each other in the mean, as those of a
// crosswise wired tap do: then there would be silence where somebody speaks.
type mixed struct {
	mean, each float64 // energy of the mean, and mean energy of the channels
	frames     int
	cancelled  bool
}

// Of the watch: a stretch of frames, at 8 kHz half a second; the mean square from
// which on there is sound in it, -50 dBFS; and the share of it that must be left.
const (
	watched     = 4096
	soundFrom   = 1e-5
	leftAtLeast = 0.01
)

// ErrCancelled is told at the end of sound whose channels cancel each other: what
// was read before lacks it.
var ErrCancelled = errors.New("its channels cancel each other in places, so that sound would be lost: hear them one by one, as of sox IN.wav OUT.wav remix 1")

func (m *mixed) add(mean, each float32) {
	m.mean += float64(mean * mean)
	m.each += float64(each)
	if m.frames++; m.frames == watched {
		m.cancelled = m.cancelled || m.each > soundFrom*watched && m.mean < leftAtLeast*m.each
		m.mean, m.each, m.frames = 0, 0, 0
	}
}

// rawSource is mono sound without a head.
func rawSource(r io.Reader, form string) *pcm {
	switch form {
	case "alaw":
		return &pcm{r: r, channels: 1, width: 1, decode: aLaw}
	case "ulaw":
		return &pcm{r: r, channels: 1, width: 1, decode: muLaw}
	}
	return &pcm{r: r, channels: 1, width: 2, decode: linear16}
}

func aLaw(b []byte) float32     { return float32(g711.DecodeAlawFrame(b[0])) / 32768 }
func muLaw(b []byte) float32    { return float32(g711.DecodeUlawFrame(b[0])) / 32768 }
func linear16(b []byte) float32 { return float32(int16(binary.LittleEndian.Uint16(b))) / 32768 }

// read mixes the channels. Bytes after the last whole sample are left out: files
// end there when a recorder was cut off.
func (s *pcm) read(p []float32) (int, error) {
	block := s.channels * s.width
	count := min(len(p), max(1, 1<<16/block))
	if s.buf == nil {
		s.buf = make([]byte, max(block, 1<<16/block*block))
	}
	n, err := io.ReadFull(s.r, s.buf[:count*block])
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	got := n / block
	for i := range got {
		p[i] = s.mix(s.buf[i*block : (i+1)*block])
	}
	if got > 0 && err == io.EOF {
		err = nil // told by the next read
	}
	if err == io.EOF && s.mixed.cancelled {
		err = ErrCancelled
	}
	return got, err
}

// mix returns the mean of the channels; what is no number, or far beyond full
// scale, counts as silence: it would silence what follows, through the resampler.
func (s *pcm) mix(block []byte) float32 {
	sum, energy := float32(0), float32(0)
	for ; len(block) > 0; block = block[s.width:] {
		if v := s.decode(block); v > -16 && v < 16 {
			sum += v
			energy += v * v
		}
	}
	mean := sum / float32(s.channels)
	s.mixed.add(mean, energy/float32(s.channels))
	return mean
}
