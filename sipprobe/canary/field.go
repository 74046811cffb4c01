package canary

// The field of 16 elements, of the polynomial x^4+x+1: elements are the bits of a
// symbol, and addition is exclusive or.

// product[a][b] is a times b.
var product = func() (table [16][16]byte) {
	for a := range byte(16) {
		for b := range byte(16) {
			p := byte(0)
			for bit := range 4 {
				if b>>bit&1 == 1 {
					p ^= shifted(a, bit)
				}
			}
			table[a][b] = p
		}
	}
	return table
}()

// shifted is a times x^n.
func shifted(a byte, n int) byte {
	for range n {
		a <<= 1
		if a&16 != 0 {
			a ^= 0b10011
		}
	}
	return a
}
