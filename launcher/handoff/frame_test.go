package handoff

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestFrame(t *testing.T) {
	home := []byte("an archive")
	for _, home := range [][]byte{nil, home} {
		want := full()
		want.Home = home
		frame, err := want.Frame()
		if err != nil {
			t.Fatal(err)
		}
		wire := bytes.NewBuffer(frame)
		wire.WriteString("the session's own input")
		got, err := Receive(wire)
		if err != nil || got.Credentials != want.Credentials || !bytes.Equal(got.Home, home) {
			t.Fatalf("got %+v, %v", got, err)
		}
		if rest, _ := io.ReadAll(wire); string(rest) != "the session's own input" {
			t.Errorf("left for the session: %q", rest)
		}
	}
	if _, err := (Handoff{Isolation: Direct, Home: make([]byte, maxArchive+1)}).Frame(); err == nil {
		t.Error("a home that no init takes was sent")
	}
}

func TestReceiveRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"nothing":        {"", "no handoff came"},
		"half a head":    {"0000", "no handoff came"},
		"no number":      {"sk-secre{}", "is no handoff"},
		"signs":          {"+0000002{}", "is no handoff"},
		"too large":      {"99999999", "is no handoff"},
		"half a handoff": {`00000100{"credentials":"sk-secret"`, "not arrive whole"},
		"no JSON":        {"00000009sk-secret", "not valid JSON"},
		"half a home":    {`00000049{"version":1,"isolation":"direct","homeSize":100}half`, "home did not arrive whole"},
		"a huge home":    {`00000055{"version":1,"isolation":"direct","homeSize":999999999}`, "has a home of"},
		"less than none": {`00000048{"version":1,"isolation":"direct","homeSize":-1}`, "has a home of"},
	} {
		h, err := Receive(strings.NewReader(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.want) || h.Credentials != "" {
			t.Errorf("%s: %+v, %v; want an error with %q", name, h, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "sk-secre") {
			t.Errorf("%s: the error repeats a secret: %v", name, err)
		}
	}
}

func FuzzReceive(f *testing.F) {
	frame, err := full().Frame()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(frame)
	f.Add([]byte("00000002{}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		h, err := Receive(bytes.NewReader(in))
		if err != nil {
			if len(err.Error()) > 200 || h.Credentials != "" {
				t.Errorf("%v beside %+v", err, h)
			}
			return
		}
		if _, err := h.Encode(); err != nil {
			t.Errorf("what was received cannot be encoded: %v", err)
		}
	})
}
