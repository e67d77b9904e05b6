package creds

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const token = "sk-ant-oat01-KEEP-THIS-TO-YOURSELF"

// holder has a Secret where fmt cannot call its methods.
type holder struct {
	Shown  Secret
	hidden Secret
	list   []Secret
	byName map[string]Secret
	pair   *Credential
}

func TestSecretIsNeverPrinted(t *testing.T) {
	s := NewSecret(token)
	c, err := Parse(login(map[string]any{"accessToken": token, "refreshToken": token + "-R"}))
	if err != nil {
		t.Fatal(err)
	}
	h := holder{Shown: s, hidden: s, list: []Secret{s}, byName: map[string]Secret{"a": s}, pair: &c}
	for _, value := range []any{s, &s, h, &h, h.list, h.byName, c, &c, []any{c, s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%10.3s", "%c", "%U"} {
			refuseToken(t, verb, fmt.Sprintf(verb, value))
		}
		refuseToken(t, "Sprintln", fmt.Sprintln(value))
		if b, err := json.Marshal(value); err == nil {
			refuseToken(t, "json", string(b))
		}
		if b, err := xml.Marshal(value); err == nil {
			refuseToken(t, "xml", string(b))
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", value)
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", value)
		refuseToken(t, "slog", log.String())
	}
	if s.Reveal() != token {
		t.Error("Reveal does not return the secret")
	}
}

// refuseToken also looks for the token as hexadecimal digits and as a list of
// bytes, which is how fmt shows what it does not know.
func refuseToken(t *testing.T, how, out string) {
	t.Helper()
	for _, form := range []string{"KEEP-THIS", fmt.Sprintf("%x", "KEEP"), fmt.Sprintf("%X", "KEEP"), "75 69 69 80"} {
		if strings.Contains(out, form) {
			t.Errorf("%s shows the secret: %s", how, out)
		}
	}
}

func TestEmptySecret(t *testing.T) {
	for _, s := range []Secret{{}, NewSecret("")} {
		if !s.Empty() || s.Reveal() != "" || s.String() != "" || s.Fingerprint() != "" {
			t.Errorf("%#v is not empty", s)
		}
		if b, err := json.Marshal(s); err != nil || string(b) != `""` {
			t.Errorf("json %s, %v", b, err)
		}
	}
	if got := fmt.Sprintf("%#v %v", NewSecret("a"), NewSecret("a")); got != `creds.Secret("[secret]") [secret]` {
		t.Error(got)
	}
}

func TestSecretEqualAndFingerprint(t *testing.T) {
	a, same, b := NewSecret("alpha"), NewSecret("alpha"), NewSecret("beta")
	for _, tc := range []struct {
		x, y Secret
		want bool
	}{{a, same, true}, {a, b, false}, {a, Secret{}, false}, {Secret{}, NewSecret(""), true}} {
		if got := tc.x.Equal(tc.y); got != tc.want {
			t.Errorf("%q = %q: %v", tc.x.Reveal(), tc.y.Reveal(), got)
		}
		if got := tc.x.Fingerprint() == tc.y.Fingerprint(); got != tc.want {
			t.Errorf("fingerprints of %q and %q: %v", tc.x.Reveal(), tc.y.Reveal(), got)
		}
	}
	if f := a.Fingerprint(); len(f) != 16 || strings.Contains(f, "alpha") {
		t.Errorf("fingerprint %q", f)
	}
}
