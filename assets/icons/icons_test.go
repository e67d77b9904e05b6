package icons

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
)

func decode(t *testing.T, b []byte) *image.NRGBA {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(img.Bounds())
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			out.Set(x, y, img.At(x, y))
		}
	}
	return out
}

// Tray hosts on Linux get half-transparent pixels wrong, and templates have one
// colour.
func TestPixels(t *testing.T) {
	seen := map[string]string{}
	for _, face := range Faces() {
		for _, badge := range []bool{false, true} {
			name := suffix(face, badge)
			bar, template := decode(t, Bar(face, badge)), decode(t, Template(face, badge))
			inked := 0
			for i := 0; i < len(bar.Pix); i += 4 {
				if a := bar.Pix[i+3]; a != 0 && a != 255 {
					t.Fatalf("%s has a pixel of alpha %d", name, a)
				} else if a == 255 {
					inked++
				}
			}
			if share := 4 * float64(inked) / float64(len(bar.Pix)); share < 0.2 || share > 0.8 {
				t.Errorf("%s: %.0f %% of it is inked", name, 100*share)
			}
			var alpha bytes.Buffer
			for y := range template.Rect.Dy() {
				for x := range template.Rect.Dx() {
					c := template.At(x, y).(color.NRGBA)
					alpha.WriteByte(c.A)
					if c.A > 0 && (c.R > 0 || c.G > 0 || c.B > 0) {
						t.Fatalf("template %s has a colour: %v", name, c)
					}
				}
			}
			if other := seen[alpha.String()]; other != "" {
				t.Errorf("%s and %s have the same shape", name, other)
			}
			seen[alpha.String()] = name
		}
	}
	for _, mark := range Marks() {
		if m := decode(t, Mark(mark)); m.Rect.Dx() != 32 || m.Rect.Dy() != 32 {
			t.Errorf("mark %s: %v", mark, m.Rect)
		}
	}
}
