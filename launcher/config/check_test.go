package config

import (
	"strings"
	"testing"
)

// table runs a check over what passes, with the form it takes, and what fails.
func table(t *testing.T, check func(string) (string, *flaw), good map[string]string, bad []string) {
	t.Helper()
	for in, want := range good {
		if got, f := check(in); f != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, f, want)
		}
	}
	for _, in := range bad {
		if got, f := check(in); f == nil {
			t.Errorf("%q passes as %q", in, got)
		}
	}
}

func same(values ...string) map[string]string {
	m := map[string]string{}
	for _, v := range values {
		m[v] = v
	}
	return m
}

func TestCheckVersion(t *testing.T) {
	table(t, checkVersion,
		same("latest", "next", "stable", "2.1.330", "0.0.0", "2.1.0-beta.1", "2.1.0-rc-1", "release-2"),
		[]string{"", "2", "2.1", "v2.1.330", "^2.1.0", "~2.1.0", ">=2.0.0", "*", "2.1.x", "latest ", "Latest", "a b", "$(id)", "2.1.0\n",
			"https://x/y.tgz", "file:x", "../x", "@scope/x", "-g", "2.1.0-", strings.Repeat("a", 65)})
	if _, f := checkVersion("v2.1.330"); !strings.Contains(f.advice, "2.1.330") {
		t.Errorf("advice for v2.1.330: %q", f.advice)
	}
}

func TestCheckImage(t *testing.T) {
	table(t, checkImage,
		same("debian", "node:22-bookworm-slim", "registry.example:5000/team/node:22", "node@sha256:"+strings.Repeat("a", 64)),
		[]string{"", "-x", "a b", "a\nRUN id", "a#b", "a;b", "$x", "\u00e4", strings.Repeat("a", 256)})
}

func TestCheckContextAndHost(t *testing.T) {
	table(t, checkContext, same("", "default", "desktop-linux", "a.b_c+d"), []string{"-x", ".x", "a b", "a/b", "../x", "x\n"})
	table(t, checkHost,
		same("", "unix:///var/run/docker.sock", "unix:///Users/u/.orbstack/run/docker.sock", "tcp://10.0.0.1:2376", "ssh://u@h"),
		[]string{"unix:///a b", "x\n", "\x1b[2J", "\xff"})
}

func TestCheckArg(t *testing.T) {
	table(t, checkArg, same("", "--model", "two words", "a\nb", "日本"), []string{"a\x00b", "\xff", "sk-ant-oat01-x"})
}

func TestCheckPEMPath(t *testing.T) {
	table(t, checkPEMPath, same("/etc/ca.pem", "~/ca.pem", "/a b/ü.pem"), []string{"", "ca.pem", "./ca.pem", "~u/ca.pem", "~", "/a\nb", "/a\x00"})
}
