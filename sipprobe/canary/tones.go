package canary

import "vmaudit/sipprobe/spectrum"

// The layout of a token. None of this may ever change: see TestSymbols.
const (
	symbolHops = 4 // a symbol lasts 40 ms, the window of a frame
	symbolLen  = symbolHops * spectrum.Hop
	pilotEvery = 4 // every fourth symbol is a pilot
	pilots     = coded/(pilotEvery-1) + 1
	symbols    = coded + pilots // 145, 5.8 s
	pilotHops  = pilotEvery * symbolHops
	tokenHops  = symbols * symbolHops
)

// tones are the frequencies in units of spectrum.Step, 25 Hz: 550 to 2700 Hz. They
// keep away from DTMF (ITU-T Q.23), MF (Q.322), faxes and modems (T.30: 1100 and
// 2100 Hz; V.25; V.21), the special information tone and call progress (E.180), and
// in-band signalling (Q.454: 2400 and 2600 Hz); TestTones has by how much. Among the
// sets that do, this one was found by search: it lets the most bits through codec2,
// which smears tones over their neighbours.
var tones = [16]int{22, 26, 30, 35, 41, 47, 58, 61, 67, 70, 76, 79, 93, 98, 102, 108}

// pilotTones are known to the receiver: which tone is sent at which pilot. Each is
// there twice or three times, and no two neighbours are the same.
var pilotTones = [pilots]byte{
	3, 11, 6, 14, 1, 8, 13, 0, 10, 5, 15, 7, 2, 12, 9, 4,
	13, 1, 10, 14, 5, 0, 8, 3, 15, 11, 6, 2, 9, 12, 7, 4,
	14, 3, 8, 12, 0,
}

// scramble is added to the data symbols, so that no identity is a constant tone:
// the first digits of pi after the point, in hexadecimal.
const scramble = "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89452821e638d01377be5466cf34e90c6cc0ac29b7c97c"

// stride goes round the 18 information symbols, so that any 18 data symbols in a
// row are of different ones: a part of a token tells of all of them.
const stride = 7

// place returns which coded symbol the data symbol d is, and what is added to it.
func place(d int) (index int, add byte) {
	digit := scramble[d]
	add = digit - '0'
	if digit >= 'a' {
		add = digit - 'a' + 10
	}
	return d*stride%info*outputs + d/info, add
}

// sequence returns the tones of a token, one per symbol.
func sequence(id ID) (seq [symbols]byte) {
	c := wordOf(id).encode()
	for s := range seq {
		if s%pilotEvery == 0 {
			seq[s] = pilotTones[s/pilotEvery]
			continue
		}
		index, add := place(dataIndex(s))
		seq[s] = c[index] ^ add
	}
	return seq
}

// dataIndex returns which data symbol the symbol s is, which is no pilot.
func dataIndex(s int) int { return s - s/pilotEvery - 1 }
