package sound

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/zaf/g711"
)

// Write writes 8 kHz mono samples as form says: "wav" (16 bits), "alaw", "ulaw" or
// "l16". It refuses other forms, and rates other than 8 kHz.
func Write(w io.Writer, form Form, samples []int16) error {
	if form.Rate != 0 && form.Rate != Rate {
		return fmt.Errorf("sound is written at %d samples a second, not %d", Rate, form.Rate)
	}
	out := bufio.NewWriter(w)
	var encode func(v int16)
	switch form.Name {
	case "wav":
		out.Write(wavHead(2 * len(samples)))
		fallthrough
	case "l16":
		encode = func(v int16) { out.Write([]byte{byte(v), byte(v >> 8)}) }
	case "alaw":
		encode = func(v int16) { out.WriteByte(g711.EncodeAlawFrame(v)) }
	case "ulaw":
		encode = func(v int16) { out.WriteByte(g711.EncodeUlawFrame(v)) }
	default:
		return fmt.Errorf("%q is no form of sound: there are wav, alaw, ulaw and l16", form.Name)
	}
	for _, v := range samples {
		encode(v)
	}
	return out.Flush()
}

// wavHead is the head of a WAV file of 8 kHz, mono, 16 bits, with size bytes of samples.
func wavHead(size int) []byte {
	le := binary.LittleEndian
	b := append([]byte(nil), "RIFF"...)
	b = le.AppendUint32(b, uint32(36+size))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, wavPCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, Rate)
	b = le.AppendUint32(b, 2*Rate)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	return le.AppendUint32(b, uint32(size))
}
