package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"dclaude/launcher/engine"
)

func TestErrorsAreLinesOfTheirOwn(t *testing.T) {
	var out bytes.Buffer
	p := &printer{err: &out}
	p.fail(&hintedError{errors.New("two things:\n  one\n  two\n"), "do this\nor that"})
	want := `dclaude: error: two things:
dclaude:     one
dclaude:     two
dclaude: hint: do this
dclaude:   or that
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	out.Reset()
	p.fail(errors.New("no more to say"))
	if out.String() != "dclaude: error: no more to say\n" {
		t.Errorf("got %q", out.String())
	}
}

// A file of ours that cannot be written has a hint, wherever it was to be
// written, and never the one for the engine's disk.
func TestHintAboutFilesOfOurs(t *testing.T) {
	at := func(errno syscall.Errno) error {
		return fmt.Errorf("record: %w", &fs.PathError{Op: "write", Path: "/s", Err: errno})
	}
	for _, tt := range []struct {
		err  error
		want string // in the hint; "" for none
	}{
		{at(syscall.ENOSPC), "no space left on this machine"},
		{at(syscall.EDQUOT), "no space left on this machine"},
		{at(syscall.EACCES), "XDG_STATE_HOME"},
		{at(syscall.EROFS), "XDG_STATE_HOME"},
		{at(syscall.ENOTDIR), "XDG_STATE_HOME"},
		{at(syscall.EIO), ""},
		{&engine.Error{Kind: engine.KindOther, Err: at(syscall.ENOSPC)}, "this machine"},
		{&engine.Error{Kind: engine.KindDiskFull, Product: engine.OrbStack, Err: errors.New("no space left on device")}, "docker system"},
		{errors.New("no space left on device"), ""},
	} {
		if got := hintOf(tt.err); !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
			t.Errorf("%v: hint %q, want %q", tt.err, got, tt.want)
		}
	}
}
