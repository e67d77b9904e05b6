package handoff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestLoginIsNotPrinted(t *testing.T) {
	l := Login{Credentials: "KEEP-1", APIKey: "KEEP-2"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if out := fmt.Sprintf(verb, l); strings.Contains(out, "KEEP") {
			t.Errorf("%s shows it: %s", verb, out)
		}
	}
	if _, err := (Login{}).Encode(); err == nil {
		t.Error("an empty login was encoded")
	}
	if _, err := (Login{Credentials: Secret(strings.Repeat("x", maxSize))}).Encode(); err == nil || len(err.Error()) > 100 {
		t.Errorf("a huge login: %v", err)
	}
}

func TestWithAPIKeyHelper(t *testing.T) {
	for in, want := range map[string]string{
		"":                             `{"apiKeyHelper":"` + APIKeyHelper + `"}`,
		`{"hooks":{"Stop":[]}}`:        `{"apiKeyHelper":"` + APIKeyHelper + `","hooks":{"Stop":[]}}`,
		`{"apiKeyHelper":"something"}`: `{"apiKeyHelper":"` + APIKeyHelper + `"}`,
	} {
		if got, err := WithAPIKeyHelper(json.RawMessage(in)); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
	if _, err := WithAPIKeyHelper(json.RawMessage(`[]`)); err == nil {
		t.Error("a list was taken for settings")
	}
}

func FuzzReadLogin(f *testing.F) {
	whole, err := Login{Credentials: `{"claudeAiOauth":{"accessToken":"second"}}`}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{whole, whole[:20], []byte(`{"version":1,"apiKey":"k"}`), []byte("null"), []byte(`{"version":1e0,"credentials":"\ud800"}`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ReadLogin(bytes.NewReader(b))
		if err != nil {
			if l != (Login{}) || len(err.Error()) > 200 {
				t.Fatalf("%v beside %v", l, err)
			}
			return
		}
		again, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ReadLogin(bytes.NewReader(again)); err != nil || back != l {
			t.Fatalf("%v became %v, %v", l, back, err)
		}
	})
}
