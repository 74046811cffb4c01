package sound

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Kinds of samples in a WAV file (WAVE_FORMAT_... of Microsoft's mmreg.h).
const (
	wavPCM        = 0x0001
	wavFloat      = 0x0003
	wavALaw       = 0x0006
	wavMuLaw      = 0x0007
	wavGSM        = 0x0031
	wavExtensible = 0xfffe
)

func isRIFF(head []byte) bool {
	if len(head) < 12 || string(head[8:12]) != "WAVE" {
		return false
	}
	id := string(head[:4])
	return id == "RIFF" || id == "RF64" || id == "RIFX"
}

// openWAV reads chunks up to the samples.
func openWAV(r *bufio.Reader) (*Reader, error) {
	head := make([]byte, 12)
	if _, err := io.ReadFull(r, head); err != nil || !isRIFF(head) {
		return nil, errors.New("no WAV file: it does not begin with RIFF and WAVE")
	}
	if string(head[:4]) == "RIFX" {
		return nil, errors.New("a WAV file of the big-endian kind (RIFX), which is not read: convert it, as with sox IN.wav OUT.wav")
	}
	var format []byte
	for {
		id, size, err := chunk(r)
		if err != nil {
			return nil, err
		}
		if id == "data" {
			return samples(r, format, size)
		}
		if id == "fmt " && size >= 16 && size < 1024 {
			format = make([]byte, size)
			_, err = io.ReadFull(r, format)
		} else {
			_, err = io.CopyN(io.Discard, r, int64(size))
		}
		if err == nil && size%2 == 1 {
			_, err = r.Discard(1)
		}
		if err != nil {
			return nil, cut(err)
		}
	}
}

func chunk(r io.Reader) (id string, size uint32, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", 0, cut(err)
	}
	return string(head[:4]), binary.LittleEndian.Uint32(head[4:]), nil
}

// cut tells of a WAV file that ends before its samples begin.
func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the WAV file ends before its samples: it was cut off, or damaged")
	}
	return err
}

// samples opens the data chunk. A recorder that was cut off, or that writes into a
// pipe, could not state the size: then sound is what follows.
func samples(r io.Reader, format []byte, size uint32) (*Reader, error) {
	if format == nil {
		return nil, errors.New("the WAV file has no fmt chunk before its samples: it is damaged")
	}
	le := binary.LittleEndian
	kind, channels, rate, block, bits := le.Uint16(format), int(le.Uint16(format[2:])), le.Uint32(format[4:]), int(le.Uint16(format[12:])), le.Uint16(format[14:])
	if kind == wavExtensible && len(format) >= 26 {
		kind = le.Uint16(format[24:])
	}
	if channels == 0 || block == 0 || block%channels != 0 {
		return nil, fmt.Errorf("the WAV file states %d channels in blocks of %d bytes: it is damaged", channels, block)
	}
	decode, err := decoder(kind, block/channels, int(bits))
	if err != nil {
		return nil, err
	}
	if size != 0 && size < 0x7fff_0000 {
		r = io.LimitReader(r, int64(size))
	}
	if rate > highest || rate == 0 {
		return nil, fmt.Errorf("%d samples a second: only %d to %d are read", rate, lowest, highest)
	}
	return newReader(&pcm{r: r, channels: channels, width: block / channels, decode: decode}, int(rate))
}

// decoder returns what makes a number of a sample of so many bytes.
func decoder(kind uint16, width, bits int) (func([]byte) float32, error) {
	switch {
	case kind == wavPCM && width == 1:
		return func(b []byte) float32 { return (float32(b[0]) - 128) / 128 }, nil
	case kind == wavPCM && width == 2:
		return linear16, nil
	case kind == wavPCM && width == 3:
		return func(b []byte) float32 { return fromInt32(uint32(b[0])<<8 | uint32(b[1])<<16 | uint32(b[2])<<24) }, nil
	case kind == wavPCM && width == 4:
		return func(b []byte) float32 { return fromInt32(binary.LittleEndian.Uint32(b)) }, nil
	case kind == wavFloat && width == 4:
		return func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }, nil
	case kind == wavFloat && width == 8:
		return func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) }, nil
	case kind == wavALaw && width == 1:
		return aLaw, nil
	case kind == wavMuLaw && width == 1:
		return muLaw, nil
	case kind == wavGSM:
		return nil, errors.New("a WAV file with GSM inside (WAV49), which is not read: convert it, as with sox IN.WAV OUT.wav")
	}
	return nil, fmt.Errorf("a WAV file of kind %#04x with %d bits in %d bytes, which is not read: convert it, as with sox IN.wav -b 16 -e signed OUT.wav", kind, bits, width)
}

func fromInt32(v uint32) float32 { return float32(int32(v)) / (1 << 31) }
