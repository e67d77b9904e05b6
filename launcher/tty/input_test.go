package tty

import (
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// inputs are files of each kind that standard input may be, and how a test types
// into them.
func inputs(t *testing.T) map[string][2]*os.File {
	t.Helper()
	master, slave, err := pty.Open()
	check(t, err)
	_, err = term.MakeRaw(int(slave.Fd()))
	check(t, err)
	r, w, err := os.Pipe()
	check(t, err)
	t.Cleanup(func() {
		for _, f := range []*os.File{master, slave, r, w} {
			f.Close()
		}
	})
	return map[string][2]*os.File{"terminal": {slave, master}, "pipe": {r, w}}
}

func TestInput(t *testing.T) {
	for name, f := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			in, err := NewInput(f[0])
			check(t, err)
			buf := make([]byte, 10)
			_, err = io.WriteString(f[1], "typed")
			check(t, err)
			if n, err := in.Read(buf); string(buf[:n]) != "typed" || err != nil {
				t.Errorf("read %q, %v", buf[:n], err)
			}

			var reading sync.WaitGroup
			reading.Go(func() {
				if n, err := in.Read(buf); n != 0 || !errors.Is(err, ErrCanceled) {
					t.Errorf("the waiting read returned %d, %v", n, err)
				}
			})
			in.Cancel()
			reading.Wait()

			// What is typed after that is for somebody else.
			_, err = io.WriteString(f[1], "later")
			check(t, err)
			if _, err := in.Read(buf); !errors.Is(err, ErrCanceled) {
				t.Errorf("after Cancel: %v", err)
			}
			check(t, in.Close())
			if n, err := f[0].Read(buf); string(buf[:n]) != "later" || err != nil {
				t.Errorf("left %q, %v", buf[:n], err)
			}
		})
	}
}

func TestInputEnd(t *testing.T) {
	for name, f := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			in, err := NewInput(f[0])
			check(t, err)
			defer in.Close()
			check(t, f[1].Close())
			if n, err := in.Read(make([]byte, 10)); n != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	f, err := os.Open(os.DevNull)
	check(t, err)
	defer f.Close()
	in, err := NewInput(f)
	check(t, err)
	defer in.Close()
	if _, err := in.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the null device: %v", err)
	}
}

func TestInputClosed(t *testing.T) {
	r, w, err := os.Pipe()
	check(t, err)
	defer w.Close()
	in, err := NewInput(r)
	check(t, err)
	check(t, r.Close())
	if _, err := in.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a closed file: %v", err)
	}
	check(t, in.Close())
	if _, err := in.Read(make([]byte, 1)); !errors.Is(err, ErrCanceled) {
		t.Errorf("a closed input: %v", err)
	}
}

func TestReadable(t *testing.T) {
	r, w, err := os.Pipe()
	check(t, err)
	defer r.Close()
	defer w.Close()
	if i, err := readable(time.Millisecond, int(r.Fd())); i != -1 || err != nil {
		t.Errorf("an empty pipe: %d, %v", i, err)
	}
	for _, fd := range []int{-1, 1 << 20} {
		if _, err := readable(0, fd); err == nil {
			t.Errorf("descriptor %d was taken", fd)
		}
	}
}
