package assets

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestImage(t *testing.T) {
	err := fstest.TestFS(Image(), "Dockerfile", "init-firewall.sh", "certificates/README")
	if err != nil {
		t.Error(err)
	}
}

func TestGuest(t *testing.T) {
	some := fstest.MapFS{
		"build/README":                    {Data: []byte("generated")},
		"build/dclaude-guest-linux-arm64": {Data: []byte("\x7fELF arm")},
		"build/dclaude-guest-linux-amd64": {},
	}
	none := fstest.MapFS{"build/README": {Data: []byte("generated")}}
	tests := []struct {
		name, arch, want string
		fsys             fs.FS
		err, hint        string
	}{
		{name: "there", fsys: some, arch: "arm64", want: "\x7fELF arm"},
		{name: "empty", fsys: some, arch: "amd64", err: "cannot use the program for containers (dclaude-guest, linux/amd64): it is empty", hint: "make build"},
		{name: "missing", fsys: none, arch: "amd64", err: "cannot use the program for containers (dclaude-guest, linux/amd64): file does not exist", hint: "make build"},
		{name: "unknown", fsys: some, arch: "riscv64", err: `architecture "riscv64": there is none`, hint: "amd64 or arm64"},
		{name: "not an architecture", fsys: some, arch: "../README", err: `"../README": there is none`, hint: "amd64 or arm64"},
		{name: "engine's name", fsys: some, arch: "aarch64", err: "there is none", hint: "amd64 or arm64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := program(tt.fsys, "dclaude-guest", tt.arch)
			if string(got) != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.err == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %#v", err)
			}
			if !strings.Contains(e.Error(), tt.err) || !strings.Contains(e.Hint(), tt.hint) {
				t.Errorf("got %q with hint %q", e, e.Hint())
			}
			if tt.name == "missing" && !errors.Is(err, fs.ErrNotExist) {
				t.Error("a missing file is not fs.ErrNotExist")
			}
		})
	}
}

// Whatever this build has is a program, or an error that says what to do.
func TestGuestOfThisBuild(t *testing.T) {
	for _, arch := range Arches() {
		b, err := Guest(arch)
		var e *Error
		switch {
		case errors.As(err, &e) && e.Hint() != "":
		case err != nil:
			t.Errorf("%s: %v", arch, err)
		case !strings.HasPrefix(string(b), "\x7fELF"):
			t.Errorf("%s: not an ELF file", arch)
		}
	}
}
