package hear

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"slices"
	"time"

	"vmaudit/sipprobe/spectrum"
)

// Measures of a picture, in pixels.
const (
	leftEdge   = 122
	rightEdge  = 20
	topEdge    = 64
	levelHigh  = 90
	bandHigh   = 8
	laneHigh   = 18
	gapHigh    = 22
	leastWide  = 700
	mostWide   = 2400
	pixelsASec = 40
	lowLevel   = -75 // dBFS, the bottom of the level's curve
)

var (
	ink    = color.RGBA{0x22, 0x22, 0x22, 0xFF}
	faint  = color.RGBA{0xDD, 0xDD, 0xDD, 0xFF}
	paper  = color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}
	veil   = color.RGBA{0xEC, 0xEC, 0xF2, 0xFF}
	curve  = color.RGBA{0x2F, 0x5D, 0x8C, 0xFF}
	alarm  = color.RGBA{0xB0, 0x1E, 0x1E, 0xFF}
	colors = map[Kind]color.RGBA{
		Speech: {0xC8, 0x6B, 0x1F, 0xFF}, Music: {0x9B, 0x59, 0xB6, 0xFF}, Beep: {0x1E, 0x84, 0x49, 0xFF},
		Silence: {0xB2, 0xBA, 0xBB, 0xFF}, ComfortNoise: {0x95, 0xA5, 0xA6, 0xFF}, Canary: {0xB0, 0x1E, 0x1E, 0xFF},
		Clipping: {0xB0, 0x1E, 0x1E, 0xFF}, Gap: {0xB0, 0x1E, 0x1E, 0xFF},
	}
)

// ErrNoPicture says that the ear was not told to keep what a picture needs.
var ErrNoPicture = errors.New("no picture was asked for when the call was heard")

// canvas is what a picture is drawn on.
type canvas interface {
	fill(x, y, w, h int, c color.RGBA)
	text(x, y int, s string, c color.RGBA) // y is of the base line; 7 pixels a character
	raster(x, y int, r raster)
}

// raster is pixels of cells that are cellWide by cellHigh.
type raster struct {
	wide, high, cellHigh int
	at                   func(x, y int) color.RGBA
}

// Picture draws the call as PNG or, with svg, as SVG: its level, its spectrum in 17
// bands, its events on a line of time, the judgement and its reasons. Where speech or
// music was, and where it is not sure what was, only the level is drawn: the picture
// is for tickets, and no words can be had from it.
func (r *Result) Picture(w io.Writer, title string, svg bool) error {
	if r.sketch == nil {
		return ErrNoPicture
	}
	p := r.plan(title)
	if svg {
		s := newSVG(p.wide, p.high)
		p.draw(s)
		return s.write(w)
	}
	b := newBitmap(p.wide, p.high)
	p.draw(b)
	return b.write(w)
}

// drawing is a picture to be drawn.
type drawing struct {
	*Result
	title      string
	wide, high int
	lanes      []Kind
	seconds    float64
}

func (r *Result) plan(title string) *drawing {
	d := &drawing{Result: r, title: title, seconds: max(r.Length.Seconds(), 0.1)}
	for _, k := range Kinds {
		if slices.ContainsFunc(r.Events, func(e Event) bool { return e.Kind == k }) {
			d.lanes = append(d.lanes, k)
		}
	}
	d.wide = leftEdge + rightEdge + min(max(int(d.seconds*pixelsASec), leastWide), mostWide)
	d.high = topEdge + levelHigh + gapHigh + bands*bandHigh + gapHigh + len(d.lanes)*laneHigh + 2*gapHigh + len(r.Reasons)*16
	return d
}

// x is where a time is drawn.
func (d *drawing) x(t time.Duration) int {
	return leftEdge + int(t.Seconds()/d.seconds*float64(d.wide-leftEdge-rightEdge))
}

func (d *drawing) draw(c canvas) {
	c.fill(0, 0, d.wide, d.high, paper)
	c.text(10, 20, d.title, ink)
	verdict := ink
	if d.Suspicious() {
		verdict = alarm
	}
	c.text(10, 40, fmt.Sprintf("%s   (%s)", d.Judgement, secs(d.Length)), verdict)
	y := topEdge
	d.level(c, y)
	y += levelHigh + gapHigh
	d.spectrum(c, y)
	y += bands*bandHigh + gapHigh
	d.events(c, y)
	y += len(d.lanes)*laneHigh + 2*gapHigh
	for i, reason := range d.Reasons {
		c.text(10, y+16*i, "- "+reason, ink)
	}
}

// level draws the curve of the level, with lines at each 20 dB.
func (d *drawing) level(c canvas, y int) {
	c.text(10, y+12, "level, dBFS", ink)
	for dB := 0; dB > lowLevel; dB -= 20 {
		h := y + levelHigh*dB/lowLevel
		c.fill(leftEdge, h, d.wide-leftEdge-rightEdge, 1, faint)
		c.text(leftEdge-30, h+4, fmt.Sprintf("%3d", dB), ink)
	}
	for x := leftEdge; x < d.wide-rightEdge; x++ {
		most := float32(lowLevel)
		for _, col := range d.columns(x) {
			most = max(most, col.level)
		}
		if h := int((min(most, 0) - lowLevel) / -lowLevel * levelHigh); h > 0 {
			c.fill(x, y+levelHigh-h, 1, h, curve)
		}
	}
}

// columns are those of the sketch that are drawn at x.
func (d *drawing) columns(x int) []column {
	all := d.sketch.columns
	scale := d.seconds * spectrum.Rate / spectrum.Hop / sketchFrames / float64(d.wide-leftEdge-rightEdge)
	from := int(float64(x-leftEdge) * scale)
	to := max(int(float64(x+1-leftEdge)*scale), from+1)
	if from >= len(all) {
		return nil
	}
	return all[from:min(to, len(all))]
}

// spectrum draws the bands where it is sure that nobody speaks.
func (d *drawing) spectrum(c canvas, y int) {
	c.text(10, y+bands*bandHigh/2, "spectrum", ink)
	c.text(10, y+bands*bandHigh/2+14, "(not of voices)", ink)
	c.text(leftEdge-60, y+bandHigh, "3.4 kHz", ink)
	c.text(leftEdge-60, y+bands*bandHigh, "200 Hz", ink)
	open := d.shown()
	c.raster(leftEdge, y, raster{d.wide - leftEdge - rightEdge, bands, bandHigh, func(x, row int) color.RGBA {
		cols := d.columns(leftEdge + x)
		if len(cols) == 0 || !open[x] {
			return veil
		}
		return heat(cols[0].band[bands-1-row])
	}})
}

// margin is how far from speech the spectrum begins to be drawn.
const margin = 300 * time.Millisecond

// shown tells for each pixel whether its spectrum may be drawn: it is of a tone
// that is no key's or of silence, and no speech or music is near. A canary's is
// not: somebody may speak beneath it, or before one whose beginning is missing.
func (d *drawing) shown() []bool {
	open := make([]bool, d.wide-leftEdge-rightEdge)
	set := func(from, to time.Duration, v bool) {
		for x := max(d.x(from)-leftEdge, 0); x <= min(d.x(to)-leftEdge, len(open)-1); x++ {
			open[x] = v
		}
	}
	for _, e := range d.Events {
		if isTone(e.Kind) && e.Hz[0] > 0 || e.Kind == SIT || e.Kind == Silence || e.Kind == ComfortNoise {
			set(at(e.Start), at(e.End), true)
		}
	}
	for _, e := range d.Events {
		if e.Kind == Speech || e.Kind == Music {
			set(at(e.Start)-margin, at(e.End)+margin, false)
		}
	}
	for _, e := range d.Events { // a beep is sharply told from what is around it
		if e.Kind == Beep {
			set(at(e.Start), at(e.End), true)
		}
	}
	return open
}

// heat is white for nothing and dark for loud.
func heat(dB float32) color.RGBA {
	v := min(max((dB-quietBand)/(-15-quietBand), 0), 1)
	return color.RGBA{uint8(255 - 230*v), uint8(255 - 190*v), uint8(255 - 110*v), 0xFF}
}

// events draws a lane for each kind, and the line of time.
func (d *drawing) events(c canvas, y int) {
	bottom := y + len(d.lanes)*laneHigh
	for i := range d.lanes {
		c.text(10, y+i*laneHigh+13, string(d.lanes[i]), ink)
		c.fill(leftEdge, y+(i+1)*laneHigh-1, d.wide-leftEdge-rightEdge, 1, faint)
	}
	step := stepOf(d.seconds)
	for t := time.Duration(0); t <= d.Length; t += step {
		c.fill(d.x(t), topEdge, 1, bottom-topEdge, color.RGBA{0, 0, 0, 0x18})
		c.text(d.x(t)-6, bottom+14, fmt.Sprintf("%g", t.Seconds()), ink)
	}
	for _, e := range d.Events {
		lane := y + slices.Index(d.lanes, e.Kind)*laneHigh
		from, to := d.x(at(e.Start)), d.x(at(e.End))
		c.fill(from, lane+3, max(to-from, 2), laneHigh-7, colorOf(e.Kind))
		if label := e.label(); label != "" {
			x := to + 4
			if x+7*len(label) > d.wide {
				x = from - 4 - 7*len(label)
			}
			c.text(x, lane+13, label, ink)
		}
	}
}

func colorOf(k Kind) color.RGBA {
	if c, ok := colors[k]; ok {
		return c
	}
	return curve
}

// stepOf is how far apart the marks on the line of time are.
func stepOf(seconds float64) time.Duration {
	for _, s := range []int{1, 2, 5, 10, 30, 60, 120, 300} {
		if seconds/float64(s) < 32 {
			return time.Duration(s) * time.Second
		}
	}
	return 10 * time.Minute
}

// label is what is written beside an event.
func (e *Event) label() string {
	s := e.Of
	if (e.Kind == Tone || e.Kind == Beep) && e.Hz[0] > 0 {
		s = fmt.Sprintf("%.0f Hz %d ms", e.Hz[0], e.Length().Milliseconds())
		if e.Hz[1] > 0 {
			s = fmt.Sprintf("%.0f+%.0f Hz", e.Hz[0], e.Hz[1])
		}
	}
	return s
}
