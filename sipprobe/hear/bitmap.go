package hear

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// bitmap is a canvas of pixels.
type bitmap struct{ *image.RGBA }

func newBitmap(wide, high int) bitmap {
	return bitmap{image.NewRGBA(image.Rect(0, 0, wide, high))}
}

func (b bitmap) fill(x, y, w, h int, c color.RGBA) {
	over := color.NRGBA(c)
	draw.Draw(b, image.Rect(x, y, x+w, y+h), image.NewUniform(over), image.Point{}, draw.Over)
}

func (b bitmap) text(x, y int, s string, c color.RGBA) {
	d := font.Drawer{Dst: b, Src: image.NewUniform(c), Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

func (b bitmap) raster(x, y int, r raster) {
	for j := range r.high {
		for i := range r.wide {
			c := r.at(i, j)
			for k := range r.cellHigh {
				b.SetRGBA(x+i, y+j*r.cellHigh+k, c)
			}
		}
	}
}

func (b bitmap) write(w io.Writer) error { return png.Encode(w, b) }
