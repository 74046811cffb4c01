package spectrum

import (
	"math"
	"math/cmplx"
)

// half is the length of the complex transform that a real one of twice its length
// is computed by.
const half = Window / 2

// transform is a real discrete Fourier transform of 320 points: 160 complex points
// in Stockham's order, radices 4, 4, 2 and 5. A library's general transform takes
// several times as long (see BenchmarkGonum).
type transform struct {
	twiddle [half]complex64 // exp(-2πi k/160)
	untwine [half]complex64 // exp(-2πi k/320) / 2i
	a, b    [half]complex64
}

func newTransform() (t transform) {
	for k := range half {
		t.twiddle[k] = complex64(cmplx.Exp(complex(0, -2*math.Pi*float64(k)/half)))
		t.untwine[k] = complex64(cmplx.Exp(complex(0, -math.Pi*float64(k)/half)) / 2i)
	}
	return t
}

// run transforms x: even samples are taken for real, odd ones for imaginary parts,
// and their two spectra are told apart by symmetry.
func (t *transform) run(out *[Bins]complex64, x *[Window]float32) {
	for i := range half {
		t.a[i] = complex(x[2*i], x[2*i+1])
	}
	t.four(&t.b, &t.a, 40, 1)
	t.four(&t.a, &t.b, 10, 4)
	t.two(&t.b, &t.a)
	five(&t.a, &t.b)
	z := t.a[0]
	out[0] = complex(real(z)+imag(z), 0)
	out[half] = complex(real(z)-imag(z), 0)
	for k := 1; k <= half/2; k++ {
		p, q := t.a[k], t.a[half-k]
		even := complex((real(p)+real(q))/2, (imag(p)-imag(q))/2)
		odd := complex(real(p)-real(q), imag(p)+imag(q)) * t.untwine[k]
		out[k] = even + odd
		out[half-k] = complex(real(even)-real(odd), imag(odd)-imag(even))
	}
}

// four is a stage of radix 4: m butterflies for each of s interleaved transforms.
func (t *transform) four(out, in *[half]complex64, m, s int) {
	for p := range m {
		w1, w2, w3 := t.twiddle[p*s], t.twiddle[2*p*s], t.twiddle[3*p*s]
		a, b, c, d := in[p*s:][:s], in[(p+m)*s:][:s], in[(p+2*m)*s:][:s], in[(p+3*m)*s:][:s]
		y := out[4*p*s:][:4*s]
		for q := range s {
			sum, dif := a[q]+c[q], a[q]-c[q]
			sum2, dif2 := b[q]+d[q], b[q]-d[q]
			turned := complex(imag(dif2), -real(dif2))
			y[q] = sum + sum2
			y[q+s] = w1 * (dif + turned)
			y[q+2*s] = w2 * (sum - sum2)
			y[q+3*s] = w3 * (dif - turned)
		}
	}
}

// two is the stage of radix 2: 5 butterflies for each of 16 interleaved transforms.
func (t *transform) two(out, in *[half]complex64) {
	for p := range 5 {
		w := t.twiddle[16*p]
		a, b, y := (*[16]complex64)(in[16*p:]), (*[16]complex64)(in[16*(p+5):]), (*[32]complex64)(out[32*p:])
		for q := range 16 {
			y[q] = a[q] + b[q]
			y[q+16] = w * (a[q] - b[q])
		}
	}
}

// Cosines and sines of 72 and 144 degrees.
const (
	cos1, sin1 = 0.30901699437494742410, 0.95105651629515357212
	cos2, sin2 = -0.80901699437494742410, 0.58778525229247312917
)

// five is the last stage, of radix 5: one butterfly for each of 32 interleaved
// transforms.
func five(out, in *[half]complex64) {
	for q := range 32 {
		a := in[q]
		s1, d1 := in[q+32]+in[q+128], in[q+32]-in[q+128]
		s2, d2 := in[q+64]+in[q+96], in[q+64]-in[q+96]
		r1 := complex(real(a)+cos1*real(s1)+cos2*real(s2), imag(a)+cos1*imag(s1)+cos2*imag(s2))
		r2 := complex(real(a)+cos2*real(s1)+cos1*real(s2), imag(a)+cos2*imag(s1)+cos1*imag(s2))
		i1 := complex(sin1*imag(d1)+sin2*imag(d2), -sin1*real(d1)-sin2*real(d2))
		i2 := complex(sin2*imag(d1)-sin1*imag(d2), -sin2*real(d1)+sin1*real(d2))
		out[q] = a + s1 + s2
		out[q+32] = r1 + i1
		out[q+64] = r2 + i2
		out[q+96] = r2 - i2
		out[q+128] = r1 - i1
	}
}
