package asterisktest

import "math/bits"

// rate is samples, and A-law bytes, per second.
const rate = 8000

// quiet is silence in A-law.
const quiet = 0xD5

// encode makes A-law (ITU-T G.711) of samples between -1 and 1.
func encode(sound []float64) []byte {
	out := make([]byte, len(sound))
	for i, x := range sound {
		out[i] = encodeSample(int(x * 32767))
	}
	return out
}

func encodeSample(x int) byte {
	x >>= 3
	mask := byte(quiet)
	if x < 0 {
		x, mask = -x-1, 0x55
	}
	x = min(x, 0xFFF)
	segment := bits.Len(uint(x) >> 5)
	return (byte(segment)<<4 | byte(x>>max(segment, 1))&0xF) ^ mask
}

// decode makes samples between -1 and 1 of A-law.
func decode(payload []byte) []float64 {
	out := make([]float64, len(payload))
	for i, b := range payload {
		out[i] = float64(decodeSample(b)) / 32768
	}
	return out
}

func decodeSample(b byte) int {
	b ^= 0x55
	x, segment := int(b&0xF)<<4+8, int(b>>4&7)
	if segment > 0 {
		x = (x + 0x100) << (segment - 1)
	}
	if b&0x80 == 0 {
		return -x
	}
	return x
}
