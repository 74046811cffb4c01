package hear

import (
	"runtime"
	"testing"

	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/spectrum"
)

// report adds how many times faster than real time n samples a turn were heard.
func report(b *testing.B, samples int) {
	b.ReportMetric(float64(b.N)*float64(samples)/spectrum.Rate/b.Elapsed().Seconds(), "x_realtime")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(samples/spectrum.Hop), "ns/frame")
}

// BenchmarkListener is the listener alone, on spectra made beforehand.
func BenchmarkListener(b *testing.B) {
	x := call()
	var frames []spectrum.Frame
	s := spectrum.New(func(f *spectrum.Frame) { frames = append(frames, *f) })
	s.Feed(x)
	l := NewListener(func(Event) {})
	for b.Loop() {
		for i := range frames {
			l.Hear(&frames[i])
		}
	}
	report(b, len(x))
}

// BenchmarkEar is the whole: spectrum, canary and listener.
func BenchmarkEar(b *testing.B) {
	x := call()
	e := New(Options{})
	for b.Loop() {
		e.Feed(x)
		e.events = e.events[:0]
	}
	report(b, len(x))
}

// BenchmarkMemory is what an ear takes that has heard a minute.
func BenchmarkMemory(b *testing.B) {
	ears := make([]*Ear, 100)
	minute := make([]int16, 60*spectrum.Rate)
	copy(minute, call())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		for i := range ears {
			ears[i] = New(Options{Planted: canary.NewPlanted([]canary.ID{1})})
			ears[i].Feed(minute)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(ears))/1024, "KiB/stream")
	runtime.KeepAlive(ears)
}
