package canary

// The code: an identity and its checksum are 18 symbols of 4 bits, the information.
// A convolutional code without beginning or end (tail-biting) makes 6 symbols out
// of each and its two predecessors, 108 in all.
const (
	idSymbols = 12
	info      = 18                // information symbols, with the 6 of the checksum
	outputs   = 6                 // coded symbols of each information symbol
	memory    = 2                 // predecessors that each coded symbol depends on
	states    = 1 << (4 * memory) // of the encoder: the latest symbol in the low bits
	coded     = info * outputs
)

// generator has the factors of the present, the last, and the last but one
// information symbol in each output. Found by search: words that differ in one
// information symbol differ in 18 coded ones, all others in at least 23.
var generator = [outputs][memory + 1]byte{
	{1, 12, 1}, {1, 13, 2}, {1, 5, 5}, {1, 4, 10}, {1, 6, 10}, {1, 7, 10},
}

// crc24 is the checksum of RFC 4880, 6.1, over the 48 bits, highest first.
func crc24(id ID) uint32 {
	crc := uint32(0xb704ce)
	for bit := 47; bit >= 0; bit-- {
		top := crc>>23 ^ uint32(id>>bit)&1
		crc = crc << 1 & 0xffffff
		if top == 1 {
			crc ^= 0x864cfb
		}
	}
	return crc
}

// word is information; digits go from the highest to the lowest.
type word [info]byte

func wordOf(id ID) (u word) {
	crc := crc24(id)
	for i := range u {
		if i < idSymbols {
			u[i] = byte(id>>(4*(idSymbols-1-i))) & 15
		} else {
			u[i] = byte(crc>>(4*(info-1-i))) & 15
		}
	}
	return u
}

// id returns the identity that the word is of, if its checksum is right.
func (u word) id() (id ID, ok bool) {
	for _, v := range u[:idSymbols] {
		id = id<<4 | ID(v)
	}
	return id, id != 0 && wordOf(id) == u
}

// encode returns the coded symbols: output o of information symbol t is at t*outputs+o.
func (u word) encode() (c [coded]byte) {
	for t := range info {
		last, before := u[(t+info-1)%info], u[(t+info-2)%info]
		for o, g := range generator {
			c[t*outputs+o] = product[g[0]][u[t]] ^ product[g[1]][last] ^ product[g[2]][before]
		}
	}
	return c
}
