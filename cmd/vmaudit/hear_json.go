package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"vmaudit/sipprobe/hear"
	"vmaudit/sipprobe/spectrum"
)

// What `hear --format json` prints of a call: see docs/output.md.
type callJSON struct {
	File       string         `json:"file"`
	Seconds    float64        `json:"seconds"`
	Judgement  hear.Judgement `json:"judgement"`
	Suspicious bool           `json:"suspicious"`
	Reasons    []string       `json:"reasons"`
	Greeting   greetingJSON   `json:"greeting"`
	Prompts    []promptJSON   `json:"prompts"`
	Events     []eventJSON    `json:"events"`
}

type greetingJSON struct {
	Is       string  `json:"is"`
	Of       string  `json:"of"`
	Likeness float64 `json:"likeness"`
	Number   bool    `json:"number_read_out"`
	From     float64 `json:"from_s"`
	To       float64 `json:"to_s"`
}

type promptJSON struct {
	Name     string    `json:"name"`
	Role     hear.Role `json:"role"`
	From     float64   `json:"from_s"`
	To       float64   `json:"to_s"`
	Likeness float64   `json:"likeness"`
}

type eventJSON struct {
	Kind       hear.Kind `json:"kind"`
	Start      float64   `json:"start_s"`
	End        float64   `json:"end_s"`
	Confidence float64   `json:"confidence"`
	Hz         []float64 `json:"hz,omitempty"`
	Level      float64   `json:"level_dbfs,omitempty"` // absent of canaries
	Of         string    `json:"of,omitempty"`
	Count      int       `json:"count,omitempty"`
}

func (c heardCall) json() callJSON {
	g := c.Greeting
	j := callJSON{
		File: c.file, Seconds: seconds(c.Length), Judgement: c.Judgement, Suspicious: c.Suspicious(), Reasons: c.Reasons,
		Greeting: greetingJSON{g.Is, g.Of, round(float64(g.Likeness), 2), g.Number, seconds(g.From), seconds(g.To)},
		Prompts:  []promptJSON{}, Events: c.eventsJSON(),
	}
	for _, p := range c.Prompts {
		j.Prompts = append(j.Prompts, promptJSON{p.Name, p.Role, seconds(p.From), seconds(p.To), round(float64(p.Likeness), 2)})
	}
	return j
}

func (c heardCall) eventsJSON() []eventJSON {
	all := []eventJSON{}
	for _, e := range c.Events {
		j := eventJSON{Kind: e.Kind, Start: round(float64(e.Start)/spectrum.Rate, 2), End: round(float64(e.End)/spectrum.Rate, 2),
			Confidence: round(float64(e.Confidence), 2), Level: round(float64(e.Level), 0), Of: e.Of, Count: e.Count}
		for _, hz := range e.Hz {
			if hz > 0 {
				j.Hz = append(j.Hz, round(float64(hz), 0))
			}
		}
		all = append(all, j)
	}
	return all
}

// what is the rest of an event, for people.
func (e eventJSON) what() string {
	var words []string
	for _, hz := range e.Hz {
		words = append(words, fmt.Sprintf("%.0f Hz", hz))
	}
	if e.Of != "" {
		words = append(words, e.Of)
	}
	if e.Count > 1 && e.Kind != hear.Speech && e.Kind != hear.Music {
		words = append(words, fmt.Sprintf("%d times", e.Count))
	}
	return strings.Join(words, ", ")
}

func seconds(d time.Duration) float64 { return round(d.Seconds(), 2) }

func round(x float64, digits int) float64 {
	p := math.Pow(10, float64(digits))
	return math.Round(x*p) / p
}
