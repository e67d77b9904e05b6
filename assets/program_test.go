package assets

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"
)

// packed is what assets/cmd/pack makes of a program.
func pack(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.ResetContentSize(&out, int64(len(content)))
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func builtWith(t *testing.T, content []byte) fstest.MapFS {
	t.Helper()
	sum := fmt.Sprintf("%x  runsc-linux-arm64\n", sha256.Sum256(content))
	return fstest.MapFS{
		"build/runsc-linux-arm64.zst":    {Data: pack(t, content)},
		"build/runsc-linux-arm64.sha256": {Data: []byte(sum)},
	}
}

func TestProgram(t *testing.T) {
	content := bytes.Repeat([]byte("\x7fELF gVisor"), 50_000)
	p, err := find(builtWith(t, content), "runsc", "arm64")
	if err != nil {
		t.Fatal(err)
	}
	if p.Size != int64(len(content)) || p.SHA256 != fmt.Sprintf("%x", sha256.Sum256(content)) {
		t.Errorf("got %+v", p)
	}
	for range 2 {
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestProgramThatCannotBeUsed(t *testing.T) {
	content := []byte("\x7fELF gVisor")
	const zst, sum = "build/runsc-linux-arm64.zst", "build/runsc-linux-arm64.sha256"
	tests := []struct {
		name, arch, err, hint string
		change                func(fstest.MapFS)
	}{
		{"built without", "amd64", "gVisor (runsc, linux/amd64): file does not exist", "make build", func(fstest.MapFS) {}},
		{"no program", "arm64", "file does not exist", "make build", func(f fstest.MapFS) { delete(f, zst) }},
		{"no checksum", "arm64", "file does not exist", "make build", func(f fstest.MapFS) { delete(f, sum) }},
		{"checksum that is none", "arm64", "checksum cannot be read", "damaged", func(f fstest.MapFS) { f[sum].Data = []byte("abc  runsc") }},
		{"empty", "arm64", "it is empty", "damaged", func(f fstest.MapFS) { f[zst].Data = nil }},
		{"not packed", "arm64", "it is damaged", "damaged", func(f fstest.MapFS) { f[zst].Data = bytes.Repeat([]byte("x"), 100) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := builtWith(t, content)
			tt.change(f)
			_, err := find(f, "runsc", tt.arch)
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(e.Error(), tt.err) || !strings.Contains(e.Hint(), tt.hint) {
				t.Errorf("got %v", err)
			}
			if missing := tt.hint == "make build"; errors.Is(err, fs.ErrNotExist) != missing {
				t.Errorf("fs.ErrNotExist: %v, want %v", !missing, missing)
			}
		})
	}
}

// What was damaged after it was packed is found out by the time that it is
// unpacked: cut short, or another program under the old checksum.
func TestProgramThatIsDamaged(t *testing.T) {
	content := bytes.Repeat([]byte("\x7fELF gVisor"), 50_000)
	for name, change := range map[string]func(b []byte) []byte{
		"cut short":       func(b []byte) []byte { return b[:len(b)-10] },
		"another program": func([]byte) []byte { return pack(t, bytes.Repeat([]byte("\x7fELF gVisoR"), 50_000)) },
		"a flipped bit":   func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
	} {
		f := builtWith(t, content)
		f["build/runsc-linux-arm64.zst"].Data = change(f["build/runsc-linux-arm64.zst"].Data)
		p, err := find(f, "runsc", "arm64")
		if err != nil {
			continue // found even earlier
		}
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); err == nil {
			t.Errorf("%s: nobody noticed", name)
		}
		r.Close()
	}
}

// Whatever this build has is gVisor, or an error that says what to do.
func TestRunscOfThisBuild(t *testing.T) {
	for _, arch := range Arches() {
		p, err := Runsc(arch)
		var e *Error
		switch {
		case errors.As(err, &e) && e.Hint() != "" && errors.Is(err, fs.ErrNotExist):
		case err != nil:
			t.Errorf("%s: %v", arch, err)
		default:
			r, err := p.Open()
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, r)
			if err != nil || n != p.Size || !strings.HasPrefix(p.Version, "v") {
				t.Errorf("%s: %d bytes of %d, version %q, %v", arch, n, p.Size, p.Version, err)
			}
			r.Close()
		}
	}
}
