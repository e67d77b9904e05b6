package icns

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dclaude/test/lab"
)

// drawn are the pictures that the app has.
func drawn(t testing.TB) map[int][]byte {
	t.Helper()
	pictures := map[int][]byte{}
	for _, size := range Sizes() {
		b, err := os.ReadFile(filepath.Join("..", "icon", "png", fmt.Sprintf("%d.png", size)))
		if err != nil {
			t.Fatal(err)
		}
		pictures[size] = b
	}
	return pictures
}

func TestRoundTrip(t *testing.T) {
	pictures := drawn(t)
	var b bytes.Buffer
	if err := Encode(&b, pictures); err != nil {
		t.Fatal(err)
	}
	images, err := Decode(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, img := range images {
		got = append(got, img.Type)
		if !bytes.Equal(img.PNG, pictures[sizeOf(img.Type)]) {
			t.Errorf("%s is another picture", img.Type)
		}
	}
	if want := "ic11 ic12 ic07 ic08 ic13 ic09 ic14 ic10"; strings.Join(got, " ") != want {
		t.Errorf("elements %v, want %s", got, want)
	}
}

// Another program than ours opens the file.
func TestOpenedByAnother(t *testing.T) {
	program := lab.RequireTool(t, "icns2png")
	var b bytes.Buffer
	if err := Encode(&b, drawn(t)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.icns")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "-l", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"'ic07'", "256x256", "512x512", "1024x1024", "8 elements total"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("icns2png does not see %s:\n%s", want, out)
		}
	}
}

func TestWrongPictures(t *testing.T) {
	missing := drawn(t)
	delete(missing, 512)
	small := drawn(t)
	small[1024] = small[512]
	text := drawn(t)
	text[32] = []byte("no picture")
	for name, pictures := range map[string]map[int][]byte{"missing": missing, "wrong size": small, "no PNG": text} {
		if err := Encode(&bytes.Buffer{}, pictures); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	var b, tiny bytes.Buffer
	if err := Encode(&b, drawn(f)); err != nil {
		f.Fatal(err)
	}
	if err := png.Encode(&tiny, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes()[:100])
	f.Add([]byte("icns\x00\x00\x00\x08"))
	f.Add([]byte("icns\x00\x00\x00\x10ic07\x00\x00\x00\x00"))
	f.Add(append([]byte("icns\x00\x00\x00\x10ic07\x00\x00\x00\x08"), tiny.Bytes()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		images, err := Decode(b)
		for _, img := range images {
			if err == nil && sizeOf(img.Type) == 0 {
				t.Errorf("type %q was taken", img.Type)
			}
		}
	})
}
