package canary

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"vmaudit/sipprobe/spectrum"
)

// BenchmarkReceiver is how many times faster than real time one core hears, with
// the front end: "noise" never opens the gate, "canaries" has one every half
// minute, as a call to a leaking mailbox would.
func BenchmarkReceiver(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]int16, 30*spectrum.Rate)
	for i := range noise {
		noise[i] = int16(r.NormFloat64() * 300)
	}
	canaries := append([]int16(nil), noise...)
	for i, v := range Token(0x123456789abc) {
		canaries[8*spectrum.Rate+i] += v
	}
	var planted []ID
	for range 10_000 {
		planted = append(planted, ID(r.Uint64()>>16))
	}
	for _, c := range []struct {
		name    string
		sound   []int16
		planted []ID
	}{{"noise", noise, nil}, {"silence", make([]int16, len(noise)), nil}, {"canaries", canaries, nil}, {"canaries of 10000", canaries, planted}} {
		b.Run(c.name, func(b *testing.B) {
			heard := 0
			stream := spectrum.New(New(c.planted, func(Heard) { heard++ }).Hear)
			for b.Loop() {
				stream.Feed(c.sound)
			}
			b.ReportMetric(30*float64(b.N)/b.Elapsed().Seconds(), "x_realtime")
			b.ReportMetric(float64(unsafe.Sizeof(Receiver{}))/1024, "KiB/stream")
			b.ReportMetric(float64(heard)/float64(b.N), "heard/op")
		})
	}
}
