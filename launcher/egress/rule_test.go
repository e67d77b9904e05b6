package egress

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestParseRule(t *testing.T) {
	for text, want := range map[string]Rule{
		"example.com":          {Host: "example.com"},
		"EXAMPLE.Com.":         {Host: "example.com"},
		"example.com:8443":     {Host: "example.com", Port: 8443},
		"*.example.com":        {Host: "example.com", Below: true},
		"*.example.com:443":    {Host: "example.com", Below: true, Port: 443},
		"localhost":            {Host: "localhost"},
		"_x.a--b.example":      {Host: "_x.a--b.example"},
		"xn--bcher-kva.ex":     {Host: "xn--bcher-kva.ex"},
		"10.1.2.3":             {Prefix: netip.MustParsePrefix("10.1.2.3/32")},
		"10.1.2.3:8080":        {Prefix: netip.MustParsePrefix("10.1.2.3/32"), Port: 8080},
		"10.1.0.0/16":          {Prefix: netip.MustParsePrefix("10.1.0.0/16")},
		"10.1.0.0/16:5432":     {Prefix: netip.MustParsePrefix("10.1.0.0/16"), Port: 5432},
		"2001:DB8::1":          {Prefix: netip.MustParsePrefix("2001:db8::1/128")},
		"[2001:db8::1]:443":    {Prefix: netip.MustParsePrefix("2001:db8::1/128"), Port: 443},
		"[2001:db8::/32]:443":  {Prefix: netip.MustParsePrefix("2001:db8::/32"), Port: 443},
		"tcp:db.example:5432":  {Host: "db.example", Port: 5432, TCP: true},
		"tcp:10.1.2.3:22":      {Prefix: netip.MustParsePrefix("10.1.2.3/32"), Port: 22, TCP: true},
		"*":                    {Any: true},
		"*:8443":               {Any: true, Port: 8443},
		"tcp:*:22":             {Any: true, Port: 22, TCP: true},
		"0.0.0.0/0":            {Prefix: netip.MustParsePrefix("0.0.0.0/0")},
		"[::/0]:443":           {Prefix: netip.MustParsePrefix("::/0"), Port: 443},
		"tcp:[2001:db8::1]:22": {Prefix: netip.MustParsePrefix("2001:db8::1/128"), Port: 22, TCP: true},
	} {
		got, err := ParseRule(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
		if again, err := ParseRule(got.String()); err != nil || again != got {
			t.Errorf("%q is written %q, which is %+v, %v", text, got, again, err)
		}
	}
}

// The position is what the user's editor would call it: characters from 1.
func TestParseRuleSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "a host is missing (at character 1)",
		"tcp:":                    "a host is missing (at character 5)",
		"*.com":                   "whole top-level domain (at character 3)",
		"10.1.2.3/16":             "write 10.1.0.0/16 (at character 1)",
		"**":                      "first part, as in *.example.com (at character 1)",
		"*.":                      "a part of the name is empty (at character 3)",
		"*a":                      "first part, as in *.example.com (at character 1)",
		"*.*":                     "a star can only stand for the first part, as in *.example.com (at character 3)",
		"[*]":                     "brackets are for IPv6 addresses (at character 2)",
		"a.*.example":             "a star can only stand for the first part, as in *.example.com (at character 3)",
		"a..example":              "a part of the name is empty (at character 3)",
		"a b.example":             "cannot contain ' ' (at character 2)",
		"b\u00fccher.example":     "xn--... (at character 2)",
		"-a.example":              "begin with a hyphen (at character 1)",
		"a.b-.example":            "end with a hyphen (at character 4)",
		"https://example.com":     "it is a URL; a rule is about a host (at character 6)",
		"example.com/x":           "cannot contain '/' (at character 12)",
		"example.com:":            "port from 1 to 65535 has to follow the colon (at character 13)",
		"example.com:0":           "(at character 13)",
		"example.com:080":         "(at character 13)",
		"example.com:65536":       "(at character 13)",
		"example.com:+80":         "(at character 13)",
		"tcp:db.example":          "a tcp rule needs a port (at character 15)",
		"[::1":                    "not closed (at character 5)",
		"[1.2.3.4]":               "brackets are for IPv6 addresses (at character 2)",
		"[::1]x":                  "nothing else (at character 6)",
		"1.2.3":                   "neither a name nor an address",
		"0x7f000001":              "neither a name nor an address",
		"256.1.1.1":               "neither a name nor an address",
		"fe80::1%eth0":            "zone",
		"::ffff:1.2.3.4":          "write an IPv4 address as such",
		strings.Repeat("a.", 130): "too long",
		strings.Repeat("a", 64):   "too long (at character 64)",
	} {
		_, err := ParseRule(text)
		var wrong *RuleError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) || wrong.Hint() == "" {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// A rule may have been pasted with a password.
func TestRuleErrorShowsNoPassword(t *testing.T) {
	for _, text := range []string{"https://u:hush@example.com", "u:hush@example.com", "hush@example.com:x"} {
		if _, err := ParseRule(text); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseRule(f *testing.F) {
	for _, s := range []string{"example.com", "*.a.b:443", "[::1]:80", "::1", "tcp:a:1", "10.0.0.0/8:5", "@", "[", "*", "tcp:*:1", "0.0.0.0/0", "a:b:c", "1.2.3.4:5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRule(text)
		if err != nil {
			var wrong *RuleError
			if !errors.As(err, &wrong) || wrong.Pos < 0 || wrong.Pos > len(text) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := ParseRule(r.String())
		if err != nil || again != r {
			t.Fatalf("%q became %q, and that %+v, %v", text, r, again, err)
		}
		if strings.ContainsFunc(r.String(), func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`\"'@,;?#`, c) }) {
			t.Fatalf("%q became %q", text, r)
		}
		// No rule opens what is never reached.
		p := Policy{Allow: []Rule{r}}
		for _, a := range []string{"127.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"} {
			if p.AllowsAddr(netip.MustParseAddr(a), r.Port, nil) {
				t.Fatalf("%q opens %s", text, a)
			}
		}
	})
}
