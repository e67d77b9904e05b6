package tty

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

// piped returns options for a session without a terminal.
func piped(in io.Reader) func(*RelayOptions) {
	return func(o *RelayOptions) { o.In, o.Window = in, nil }
}

// TestPipe: every byte arrives as it is, in both directions, and the end of the
// input ends the container's.
func TestPipe(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	bytesIn := "chord " + raw + raw + "\x1b[200~" + string(every)
	synctest.Test(t, func(t *testing.T) {
		d := sit(t.Context(), t, piped(strings.NewReader(bytesIn)))
		<-d.box.drained // CloseWrite came
		out := "\x1b]52;c;AAAA\a" + string(every)
		d.prints(out)
		d.box.output.Close()
		d.ends(Ended)
		if d.err != nil || d.out.String() != out || d.box.received.String() != bytesIn {
			t.Errorf("%v\nout %q\nin  %q", d.err, d.out.String(), d.box.received.String())
		}
	})
}

func TestPipeNoInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t.Context(), t, piped(nil))
		<-d.box.drained
		d.box.output.Close()
		d.ends(Ended)
	})
}

// TestPipeOpenInput: the session ends with the container, not with the input.
func TestPipeOpenInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := newKeyboard()
		d := sit(t.Context(), t, piped(keys))
		keys.types("line\n")
		d.box.output.Close()
		d.ends(Ended)
		if d.err != nil || d.box.received.String() != "line\n" {
			t.Errorf("%q, %v", d.box.received.String(), d.err)
		}
	})
}

func TestPipeErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := errors.New("input/output error")
		d := sit(t.Context(), t, piped(io.MultiReader(strings.NewReader("half"), failing{disk})))
		<-d.box.drained
		d.box.output.Close()
		d.ends(Ended)
		var e *Error
		if !errors.As(d.err, &e) || e.What != "reading standard input" || !errors.Is(d.err, disk) {
			t.Errorf("input: %v", d.err)
		}

		d = sit(t.Context(), t, piped(nil))
		d.out.mu.Lock()
		d.out.err = syscall.EPIPE
		d.out.mu.Unlock()
		d.prints("text")
		d.ends(Broken)
		if !errors.As(d.err, &e) || e.What != "writing the output" {
			t.Errorf("output: %v", d.err)
		}

		ctx, cancel := context.WithCancel(t.Context())
		d = sit(ctx, t, piped(newKeyboard()))
		cancel()
		d.ends(Canceled)
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestPipeDemux(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		end  End
		what string
	}{
		{"to its end", nil, Ended, ""},
		{"bad frame", errors.New("unrecognized stream"), Broken, "connection to the session"},
		{"reader gone", syscall.EPIPE, Broken, "writing the output"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var stdout bytes.Buffer
				d := sit(t.Context(), t, func(o *RelayOptions) {
					piped(nil)(o)
					o.Demux = func(r io.Reader) error {
						_, err := io.CopyN(&stdout, r, 4)
						return errors.Join(err, tc.err)
					}
				})
				d.prints("text")
				d.ends(tc.end)
				var e *Error
				if errors.As(d.err, &e) != (tc.what != "") || e != nil && e.What != tc.what {
					t.Errorf("%v", d.err)
				}
				if stdout.String() != "text" || d.out.String() != "" {
					t.Errorf("stdout %q, out %q", stdout.String(), d.out.String())
				}
			})
		})
	}
}
