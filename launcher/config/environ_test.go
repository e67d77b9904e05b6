package config

import (
	"reflect"
	"testing"
)

func TestUnknownVariables(t *testing.T) {
	l, err := Load(Sources{Environ: []string{
		"PATH=/bin", "DCLAUDE_LAB_DIR=/x", "DCLAUDE_TEST_X=1", "DCLAUDE_ISOLATION=runc",
		"DCLAUDE_ZZZZZZZZ=1", "DCLAUDE_ISOLATOIN=gvisor", "DCLAUDE_CREDENTIAL_SOURCE=copy", "DCLAUDE_\x1b[2J=1", "NOEQUALS",
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`the variable "DCLAUDE_\x1b[2J" means nothing to dclaude`,
		"the variable DCLAUDE_CREDENTIAL_SOURCE means nothing to dclaude; did you mean DCLAUDE_CREDENTIALS_SOURCE?",
		"the variable DCLAUDE_ISOLATOIN means nothing to dclaude; did you mean DCLAUDE_ISOLATION?",
		"the variable DCLAUDE_ZZZZZZZZ means nothing to dclaude",
	}
	if !reflect.DeepEqual(l.Warnings, want) {
		t.Errorf("got %q", l.Warnings)
	}
}

func TestListsInVariables(t *testing.T) {
	l, err := Load(Sources{Environ: []string{
		"DCLAUDE_ENV=A= 1 \r\n\nB=x,y z\n", "DCLAUDE_ALLOW=a.example\n  \nb.example:8443",
		"DCLAUDE_CLAUDE_ARGS=--model\nopus", "DCLAUDE_CA_CERTIFICATES=/a b.pem\n~/c.pem",
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := l.Settings
	for _, tt := range []struct{ got, want []string }{
		{s.Env, []string{"A= 1 ", "B=x,y z"}},
		{s.Allow, []string{"a.example", "b.example:8443"}},
		{s.ClaudeArgs, []string{"--model", "opus"}},
		{s.CACertificates, []string{"/a b.pem", "~/c.pem"}},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
