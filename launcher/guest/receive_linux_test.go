package guest

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"dclaude/launcher/handoff"
)

func someHandoff(t *testing.T) []byte {
	t.Helper()
	// More than a terminal takes in one line, with every key that means something.
	b, err := handoff.Handoff{UID: 501, GID: 20, Isolation: handoff.Direct, Credentials: "secret", Gitconfig: strings.Repeat("\x03\x04\x1a\n", 5000)}.Frame()
	must(t, err)
	return b
}

// On a terminal the handoff comes whole, the terminal does not repeat it, and
// what is typed after it is the session's.
func TestReceiveOnATerminal(t *testing.T) {
	user, ours, err := pty.Open()
	must(t, err)
	defer user.Close()
	defer ours.Close()
	go func() {
		asked := make([]byte, len(handoff.Ask))
		if _, err := io.ReadFull(user, asked); err == nil && string(asked) == handoff.Ask {
			_, _ = user.Write(someHandoff(t))
		}
	}()
	h, err := receive(ours, ours, time.Minute)
	if err != nil || h.Credentials != "secret" || len(h.Gitconfig) != 20000 {
		t.Fatalf("got %v with %d bytes of gitconfig, %v", h.UID, len(h.Gitconfig), err)
	}
	_, err = user.WriteString("typed\n")
	must(t, err)
	typed := make([]byte, 100)
	n, err := ours.Read(typed)
	if string(typed[:n]) != "typed\n" || err != nil {
		t.Errorf("the session reads %q, %v", typed[:n], err)
	}
	shown := make([]byte, len(handoff.Taken+"typed\r\n"))
	_, err = io.ReadFull(user, shown)
	if string(shown) != handoff.Taken+"typed\r\n" || err != nil {
		t.Errorf("the user saw %q, %v: want the terminal as it was before", shown, err)
	}
}

func TestReceiveWithoutATerminal(t *testing.T) {
	in, theirs, err := os.Pipe()
	must(t, err)
	defer in.Close()
	go func() {
		defer theirs.Close()
		_, _ = theirs.Write(someHandoff(t))
		_, _ = theirs.WriteString("the session's own")
	}()
	var out bytes.Buffer
	h, err := receive(in, &out, time.Minute)
	if err != nil || h.UID != 501 || out.Len() != 0 {
		t.Fatalf("got %+v, %v, and it wrote %q", h, err, &out)
	}
	if rest, err := io.ReadAll(in); string(rest) != "the session's own" || err != nil {
		t.Errorf("left for the session: %q, %v", rest, err)
	}
}

// A launcher that was killed leaves an init that ends by itself.
func TestReceiveDoesNotWaitForEver(t *testing.T) {
	in, theirs, err := os.Pipe()
	must(t, err)
	defer theirs.Close()
	_, err = receive(in, io.Discard, 10*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "did not say what session it is") {
		t.Errorf("got %v", err)
	}
}
