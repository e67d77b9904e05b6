// Package icns writes and reads Apple's icon files, as far as they hold PNG
// images. It is pure. Sizes and types are those that iconutil writes and that
// macOS 10.7 and later read:
// https://en.wikipedia.org/wiki/Apple_Icon_Image_format
//
// It is here because the libraries that write such files scale one picture down
// themselves, while ours is drawn in each size from the vector source.
package icns

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/png"
	"io"
)

// Image is a square picture in a file.
type Image struct {
	Type string // four letters, such as "ic07"
	PNG  []byte
}

// types are the elements by the width of their pictures. The second of a width
// is that of half the size in points on a Retina screen. 16 and 32 have no type
// of their own that every macOS takes as PNG, and are left out: macOS scales
// the Retina ones.
var types = map[int][]string{
	32:   {"ic11"},
	64:   {"ic12"},
	128:  {"ic07"},
	256:  {"ic08", "ic13"},
	512:  {"ic09", "ic14"},
	1024: {"ic10"},
}

// Sizes returns the widths in pixels that a file should have.
func Sizes() []int { return []int{32, 64, 128, 256, 512, 1024} }

const magic = "icns"

// Encode writes a file with one picture for each of Sizes, given as PNG.
func Encode(w io.Writer, pictures map[int][]byte) error {
	var body bytes.Buffer
	for _, size := range Sizes() {
		picture, ok := pictures[size]
		if !ok {
			return fmt.Errorf("icns: no picture of %d pixels", size)
		}
		if err := check(picture, size); err != nil {
			return err
		}
		for _, t := range types[size] {
			body.WriteString(t)
			putLength(&body, 8+len(picture))
			body.Write(picture)
		}
	}
	var head bytes.Buffer
	head.WriteString(magic)
	putLength(&head, 8+body.Len())
	_, err := w.Write(append(head.Bytes(), body.Bytes()...))
	return err
}

func putLength(b *bytes.Buffer, n int) {
	_ = binary.Write(b, binary.BigEndian, uint32(n)) //nolint:gosec // a buffer does not fail, and pictures are far below 4 GiB
}

// Decode reads a file and checks that each picture has the size of its type.
func Decode(b []byte) ([]Image, error) {
	if len(b) < 8 || string(b[:4]) != magic || int64(binary.BigEndian.Uint32(b[4:8])) != int64(len(b)) {
		return nil, errors.New("icns: not an icon file, or cut short")
	}
	var images []Image
	for rest := b[8:]; len(rest) > 0; {
		if len(rest) < 8 {
			return nil, errors.New("icns: an element is cut short")
		}
		n := int64(binary.BigEndian.Uint32(rest[4:8]))
		if n < 8 || n > int64(len(rest)) {
			return nil, fmt.Errorf("icns: element %q has the length %d", rest[:4], n)
		}
		img := Image{Type: string(rest[:4]), PNG: rest[8:n]}
		if err := check(img.PNG, sizeOf(img.Type)); err != nil {
			return nil, err
		}
		images = append(images, img)
		rest = rest[n:]
	}
	return images, nil
}

// sizeOf returns the width of a type, 0 for one that is not known.
func sizeOf(t string) int {
	for size, names := range types {
		for _, name := range names {
			if name == t {
				return size
			}
		}
	}
	return 0
}

func check(picture []byte, size int) error {
	config, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return fmt.Errorf("icns: the picture of %d pixels: %w", size, err)
	}
	if config.Width != size || config.Height != size {
		return fmt.Errorf("icns: the picture is %d x %d, want %d", config.Width, config.Height, size)
	}
	return nil
}
