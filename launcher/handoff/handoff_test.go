package handoff

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func full() Handoff {
	return Handoff{
		UID: 501, GID: 20,
		Isolation:       Direct,
		Firewall:        true,
		Credentials:     `{"claudeAiOauth":{"accessToken":"sk-secret"}}`,
		KeepCredentials: true,
		Gitconfig:       "[user]\n\tname = Ada\n",
		ManagedSettings: json.RawMessage(`{"a":1}`),
		SkipPrompts:     true,
	}
}

func TestEncodeDecode(t *testing.T) {
	b, err := full().Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	want := full()
	want.Version = version
	if fmt.Sprintf("%+v %q", got, string(got.Credentials)) != fmt.Sprintf("%+v %q", want, string(want.Credentials)) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"not JSON":          {`{"credentials":"sk-secret`, "not valid JSON"},
		"wrong type":        {`{"version":1,"credentials":{"sk-secret":1}}`, "not valid JSON"},
		"no version":        {`{"isolation":"direct"}`, "--rebuild"},
		"another version":   {`{"version":99,"isolation":"direct","credentials":"sk-secret"}`, "--rebuild"},
		"negative id":       {`{"version":1,"isolation":"direct","uid":-1}`, "-1:0"},
		"unknown isolation": {`{"version":1,"isolation":"chroot"}`, `"chroot"`},
		"too large":         {`{"credentials":"` + strings.Repeat("x", maxSize) + `"}`, "over the limit"},
	} {
		_, err := Decode([]byte(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want it to say %q", name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "sk-secret") {
			t.Errorf("%s: the error repeats a secret: %v", name, err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, h := range map[string]Handoff{
		"no isolation": {},
		"bad ids":      {Isolation: Nested, UID: -1},
		"too large":    {Isolation: Direct, Gitconfig: strings.Repeat("x", maxSize)},
		"broken JSON":  {Isolation: Direct, ManagedSettings: json.RawMessage(`{`)},
	} {
		if b, err := h.Encode(); err == nil {
			t.Errorf("%s: %s", name, b)
		}
	}
}

func TestSecretDoesNotPrint(t *testing.T) {
	h := full()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, h); strings.Contains(got, "sk-secret") {
			t.Errorf("%s gives it away: %s", verb, got)
		}
	}
	if Secret("").String() != "" {
		t.Error("an empty secret prints as one")
	}
}

func FuzzDecode(f *testing.F) {
	b, err := full().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		h, err := Decode(in)
		if err != nil {
			return
		}
		if _, err := h.Encode(); err != nil {
			t.Errorf("what was decoded cannot be encoded: %v", err)
		}
	})
}
