package config

import (
	"strings"
	"testing"
)

// What a rule is, package egress decides and tests; here it is in the form that
// Settings has, or an error with advice.
func TestCheckAllow(t *testing.T) {
	good := same(
		"example.com", "a.b.example.com:8443", "*.example.com", "10.0.0.1:80", "10.1.0.0/16", "[2001:db8::1]:443", "tcp:db.example:5432", "@npm", "*", "*:8443", "0.0.0.0/0",
	)
	good["EXAMPLE.Com."] = "example.com"
	good["2001:DB8::1"] = "[2001:db8::1]"
	table(t, checkAllow, good, []string{"", "**", "*.com", "0.0.0.0/00", "https://example.com", "example.com:0", "a b", "user@host", "@", "@NPM", "@npm:443"})
	if _, f := checkAllow("a b"); f.advice == "" {
		t.Error("no advice")
	}
}

// A rule may have been pasted with a password.
func TestCheckAllowShowsNoPassword(t *testing.T) {
	for _, rule := range []string{"https://u:hush@example.com", "u:hush@example.com", "hush@example.com"} {
		if _, f := checkAllow(rule); f == nil || strings.Contains(f.message+f.advice, "hush") {
			t.Errorf("%q: %+v", rule, f)
		}
	}
}

func FuzzCheckAllow(f *testing.F) {
	for _, s := range []string{"example.com", "*.a.b:443", "[::1]:80", "@npm", "@", "tcp:a:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rule string) {
		got, flaw := checkAllow(rule)
		if flaw != nil {
			return
		}
		if again, flaw := checkAllow(got); flaw != nil || again != got {
			t.Errorf("%q became %q, and that %q, %v", rule, got, again, flaw)
		}
	})
}
