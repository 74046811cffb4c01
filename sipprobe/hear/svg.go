package hear

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image/color"
	"io"
)

// svg is a canvas of vectors; a raster in it is a picture.
type svg struct {
	out bytes.Buffer
	err error
}

func newSVG(wide, high int) *svg {
	s := &svg{}
	fmt.Fprintf(&s.out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="monospace" font-size="12">`+"\n", wide, high)
	return s
}

func paint(c color.RGBA) string {
	s := fmt.Sprintf(`fill="#%02x%02x%02x"`, c.R, c.G, c.B)
	if c.A < 0xFF {
		s += fmt.Sprintf(` fill-opacity="%.2f"`, float64(c.A)/0xFF)
	}
	return s
}

func (s *svg) fill(x, y, w, h int, c color.RGBA) {
	fmt.Fprintf(&s.out, `<rect x="%d" y="%d" width="%d" height="%d" %s/>`+"\n", x, y, w, h, paint(c))
}

func (s *svg) text(x, y int, text string, c color.RGBA) {
	fmt.Fprintf(&s.out, `<text x="%d" y="%d" %s>%s</text>`+"\n", x, y, paint(c), html.EscapeString(text))
}

func (s *svg) raster(x, y int, r raster) {
	b := newBitmap(r.wide, r.high*r.cellHigh)
	b.raster(0, 0, r)
	var png bytes.Buffer
	s.err = b.write(&png)
	fmt.Fprintf(&s.out, `<image x="%d" y="%d" width="%d" height="%d" href="data:image/png;base64,%s"/>`+"\n",
		x, y, r.wide, r.high*r.cellHigh, base64.StdEncoding.EncodeToString(png.Bytes()))
}

func (s *svg) write(w io.Writer) error {
	if s.err != nil {
		return s.err
	}
	s.out.WriteString("</svg>\n")
	_, err := s.out.WriteTo(w)
	return err
}
