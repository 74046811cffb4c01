package main

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"vmaudit/internal/asterisktest"
	"vmaudit/sipprobe/canary"
	"vmaudit/sipprobe/sound"
)

// makeSound is the script command `sound FILE PART ...`, which writes a recording:
// quiet:SECONDS, speech:SECONDS:NUMBER (the same number says the same),
// tone:SECONDS:HZ[:HZ], noise:SECONDS, canary:ID.
func makeSound(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: sound FILE PART ...")
	}
	var x []int16
	for _, part := range args[1:] {
		words := strings.Split(part, ":")
		if words[0] == "canary" {
			id, err := canary.ParseID(words[1])
			ts.Check(err)
			x = append(x, canary.Token(id)...)
			continue
		}
		var values []float64
		for _, w := range words[1:] {
			v, err := strconv.ParseFloat(w, 64)
			ts.Check(err)
			values = append(values, v)
		}
		x = append(x, madeSound(ts, words[0], values)...)
	}
	var out bytes.Buffer
	ts.Check(sound.Write(&out, sound.Form{Name: "wav"}, x))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600))
}

func madeSound(ts *testscript.TestScript, what string, values []float64) []int16 {
	x := make([]int16, int(values[0]*sound.Rate))
	switch what {
	case "quiet":
	case "speech":
		for i, v := range asterisktest.Speech(uint64(values[1]), time.Duration(values[0]*float64(time.Second))) {
			x[i] = int16(v * 20000)
		}
	case "noise":
		dice := rand.New(rand.NewPCG(1, 1))
		for i := range x {
			x[i] = int16(100 * dice.NormFloat64())
		}
	case "tone":
		for _, hz := range values[1:] {
			for i := range x {
				x[i] += int16(5000 * math.Sin(2*math.Pi*hz*float64(i)/sound.Rate))
			}
		}
	default:
		ts.Fatalf("sound: there is no %q", what)
	}
	return x
}
