package spectrum

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

func noise(n int) []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]int16, n)
	for i := range x {
		x[i] = int16(r.NormFloat64() * 3000)
	}
	return x
}

// direct is the definition of the spectrum of the Window samples that end at at.
func direct(x []int16, at int64) []complex128 {
	w := make([]float64, Window)
	for i := range w {
		if k := int(at) - Window + i; k >= 0 && k < len(x) {
			w[i] = float64(x[k]) / 32768
		}
	}
	return fourier.NewFFT(Window).Coefficients(nil, w)
}

func TestFramesAreSpectraOfTheLastWindow(t *testing.T) {
	x := noise(10*Hop + 7)
	frames := 0
	s := New(func(f *Frame) {
		frames++
		if f.At != int64(frames*Hop) {
			t.Fatalf("frame %d ends at %d", frames, f.At)
		}
		want := direct(x, f.At)
		for k := range want {
			if d := cmplx.Abs(complex128(f.Bin[k]) - want[k]); d > 1e-5 {
				t.Fatalf("frame %d, bin %d: %v, want %v", frames, k, f.Bin[k], want[k])
			}
		}
		if f.Hann(5) == 0 || f.Power(5) == 0 {
			t.Fatal("no power in noise")
		}
	})
	s.Feed(x)
	s.Flush()
	s.Flush()
	if frames != 11 {
		t.Errorf("%d frames, want 11", frames)
	}
}

func TestFramesDoNotDependOnPieces(t *testing.T) {
	x := noise(4001)
	frames := func(size func() int) (all []Frame) {
		s := New(func(f *Frame) {
			all = append(all, *f)
			all[len(all)-1].Newest = nil
		})
		for rest := x; len(rest) > 0; {
			n := min(len(rest), size())
			s.Feed(rest[:n])
			rest = rest[n:]
		}
		s.Flush()
		return all
	}
	whole := frames(func() int { return len(x) })
	r := rand.New(rand.NewPCG(3, 4))
	for name, size := range map[string]func() int{
		"one":    func() int { return 1 },
		"rtp":    func() int { return 160 },
		"random": func() int { return r.IntN(300) },
	} {
		got := frames(size)
		if len(got) != len(whole) {
			t.Fatalf("%s: %d frames, want %d", name, len(got), len(whole))
		}
		for i := range got {
			if got[i] != whole[i] {
				t.Fatalf("%s: frame %d differs", name, i)
			}
		}
	}
}

func TestHopMeasures(t *testing.T) {
	var got Frame
	s := New(func(f *Frame) { got = *f })
	x := make([]int16, Hop)
	x[3], x[4], x[5], x[6], x[7] = math.MinInt16, clipLevel, clipLevel-1, silentLevel, silentLevel+1
	s.Feed(x)
	if got.Peak != 32768 || got.Clipped != 2 || got.Silent != Hop-4 {
		t.Errorf("peak %d, clipped %d, silent %d", got.Peak, got.Clipped, got.Silent)
	}
	s.Feed(make([]int16, Hop))
	if got.Peak != 0 || got.Mean != 0 || got.Power(0) == 0 {
		t.Errorf("the hop before is measured too, or not in the window: %+v", got)
	}
	for i := range x {
		x[i] = 16384
	}
	s.Feed(x)
	if got.Mean != 0.25 {
		t.Errorf("mean square %v of half of full scale", got.Mean)
	}
}

func TestHannIsHann(t *testing.T) {
	x := noise(Window)
	w := make([]float64, Window)
	for i := range w {
		w[i] = float64(x[i]) / 32768 * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/Window))
	}
	want := fourier.NewFFT(Window).Coefficients(nil, w)
	var got Frame
	s := New(func(f *Frame) { got = *f })
	s.Feed(x)
	for k := 1; k < Bins-1; k++ {
		if p := cmplx.Abs(want[k]) * cmplx.Abs(want[k]); math.Abs(float64(got.Hann(k))-p) > 1e-5*(1+p) {
			t.Fatalf("bin %d: %v, want %v", k, got.Hann(k), p)
		}
	}
}

func TestFeedDoesNotAllocate(t *testing.T) {
	x := noise(1000)
	s := New(func(*Frame) {})
	if n := testing.AllocsPerRun(100, func() { s.Feed(x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkStream(b *testing.B) {
	x := noise(Rate)
	s := New(func(*Frame) {})
	for b.Loop() {
		s.Feed(x)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "x_realtime")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/frame")
}

// BenchmarkGonum is what the transform alone would cost with a library.
func BenchmarkGonum(b *testing.B) {
	fft := fourier.NewFFT(Window)
	w, c := make([]float64, Window), make([]complex128, Bins)
	for b.Loop() {
		fft.Coefficients(c, w)
	}
}
