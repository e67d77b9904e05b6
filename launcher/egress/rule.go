package egress

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Rule names destinations: a host by name, every host below a name, addresses,
// or all there is.
type Rule struct {
	// Host is a name in lower case without a final dot, or empty for a rule
	// about addresses.
	Host string
	// Below makes the rule one about all names that end in "."+Host.
	Below bool
	// Prefix holds the addresses of a rule without a Host.
	Prefix netip.Prefix
	// Any makes the rule one about every name and every address, without Host
	// and Prefix. It opens no address that is not public.
	Any bool
	// Port is 0 for the two ports of the web, 80 and 443.
	Port uint16
	// TCP lets any protocol through. Without it a tunnel carries TLS, to the
	// server that it was opened for.
	TCP bool
}

// The ports of a rule that names none.
const (
	portHTTP  = 80
	portHTTPS = 443
)

// tcpPrefix marks a rule for any protocol.
const tcpPrefix = "tcp:"

// RuleError is a rule that cannot be understood.
type RuleError struct {
	Rule string
	// Pos is where in Rule, in bytes from 0.
	Pos int
	Why string
}

// Error shows the rule and the place.
func (e *RuleError) Error() string {
	return fmt.Sprintf("%s: %s (at character %d)", quote(e.Rule), e.Why, e.Pos+1)
}

// Hint shows the forms of a rule.
func (e *RuleError) Hint() string {
	return "write HOST, HOST:PORT, *.HOST, an address or a range of addresses (10.1.2.3:8080, 10.1.2.0/24), or tcp:HOST:PORT for another protocol than the web's"
}

// maxQuoted is how much of a rule an error repeats.
const maxQuoted = 80

func quote(s string) string {
	if strings.Contains(s, "@") {
		return "a rule with a user name in it" // and perhaps a password
	}
	if len(s) > maxQuoted {
		return strconv.QuoteToASCII(s[:maxQuoted]) + "..."
	}
	return strconv.QuoteToASCII(s)
}

// ParseRule reads a rule as users write it. The error is a *RuleError.
func ParseRule(text string) (Rule, error) {
	p := ruleParser{text: text, rest: text}
	r, err := p.rule()
	if err != nil {
		return Rule{}, err
	}
	return r, nil
}

type ruleParser struct {
	text, rest string
}

func (p *ruleParser) at() int { return len(p.text) - len(p.rest) }

func (p *ruleParser) fail(pos int, format string, args ...any) error {
	return &RuleError{Rule: p.text, Pos: pos, Why: fmt.Sprintf(format, args...)}
}

func (p *ruleParser) rule() (r Rule, err error) {
	if rest, ok := strings.CutPrefix(p.rest, tcpPrefix); ok {
		r.TCP, p.rest = true, rest
	}
	if err := p.refuseForeign(); err != nil {
		return Rule{}, err
	}
	hostAt := p.at()
	host, portAt, err := p.splitPort()
	if err != nil {
		return Rule{}, err
	}
	if portAt >= 0 {
		if r.Port, err = p.port(portAt); err != nil {
			return Rule{}, err
		}
	}
	if r.TCP && r.Port == 0 {
		return Rule{}, p.fail(len(p.text), "a tcp rule needs a port")
	}
	if host == "*" {
		r.Any = true
		return r, nil
	}
	if prefix, ok := parsePrefix(host); ok {
		if why := badPrefix(prefix); why != "" {
			return Rule{}, p.fail(hostAt, "%s", why)
		}
		r.Prefix = prefix
		return r, nil
	}
	if rest, ok := strings.CutPrefix(host, "*."); ok {
		r.Below, host, hostAt = true, rest, hostAt+len("*.")
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if pos, why := badName(name); why != "" {
		return Rule{}, p.fail(hostAt+pos, "%s", why)
	}
	if r.Below && !strings.Contains(name, ".") {
		return Rule{}, p.fail(hostAt, "allows a whole top-level domain")
	}
	r.Host = name
	return r, nil
}

// refuseForeign gives what people paste or hope for an answer of its own.
func (p *ruleParser) refuseForeign() error {
	if p.rest == "" {
		return p.fail(p.at(), "a host is missing")
	}
	if i := firstForeign(p.rest); i >= 0 {
		return p.fail(p.at()+i, "it is not in ASCII: write the name as xn--...")
	}
	if i := strings.Index(p.rest, "://"); i >= 0 {
		return p.fail(p.at()+i, "it is a URL; a rule is about a host")
	}
	if i := strings.IndexByte(p.rest, '@'); i >= 0 {
		return p.fail(p.at()+i, "a rule has no user name")
	}
	if i := strings.IndexByte(p.rest, '%'); i >= 0 {
		return p.fail(p.at()+i, "an address with a zone means nothing in a session")
	}
	return nil
}

// firstForeign is where the first byte outside of ASCII is, -1 if there is none.
// It comes before names are put in lower case: U+212A would become a k.
func firstForeign(s string) int {
	return strings.IndexFunc(s, func(c rune) bool { return c > 0x7f })
}

// splitPort returns the host and where the port begins, -1 if there is none.
func (p *ruleParser) splitPort() (host string, portAt int, err error) {
	start := p.at()
	if rest, ok := strings.CutPrefix(p.rest, "["); ok {
		inside, after, closed := strings.Cut(rest, "]")
		end := start + 1 + len(inside)
		switch {
		case !closed:
			return "", 0, p.fail(end, "the bracket is not closed")
		case !strings.Contains(inside, ":"):
			return "", 0, p.fail(start+1, "brackets are for IPv6 addresses")
		}
		if after == "" {
			return inside, -1, nil
		}
		if after[0] != ':' {
			return "", 0, p.fail(end+1, "a colon and a port can follow the bracket, nothing else")
		}
		return inside, end + 2, nil
	}
	if strings.Count(p.rest, ":") > 1 { // an IPv6 address without brackets
		return p.rest, -1, nil
	}
	host, _, colon := strings.Cut(p.rest, ":")
	if !colon {
		return host, -1, nil
	}
	return host, start + len(host) + 1, nil
}

func (p *ruleParser) port(at int) (uint16, error) {
	text := p.text[at:]
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 || text[0] == '0' || text[0] == '+' {
		return 0, p.fail(at, "a port from 1 to 65535 has to follow the colon")
	}
	return uint16(n), nil
}

// parsePrefix reads an address or a range of addresses.
func parsePrefix(s string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(s)
	return prefix, err == nil
}

func badPrefix(p netip.Prefix) string {
	switch {
	case p.Addr().Is4In6():
		return "write an IPv4 address as such"
	case p != p.Masked():
		return "the range does not begin at its first address: write " + p.Masked().String()
	}
	return ""
}

// maxName is the length of the longest name that DNS has.
const maxName = 253

// badName says what is wrong with a name in lower case, and where.
func badName(name string) (pos int, why string) {
	if len(name) > maxName {
		return maxName, "the name is too long"
	}
	start, last := 0, ""
	for _, label := range strings.Split(name, ".") {
		if pos, why := badLabel(label); why != "" {
			return start + pos, why
		}
		start += len(label) + 1
		last = label
	}
	if strings.Trim(last, "0123456789") == "" || numeric(last) {
		return 0, "it is neither a name nor an address"
	}
	return 0, ""
}

// numeric recognises what a C library would take for a part of an address.
func numeric(label string) bool {
	rest, hex := strings.CutPrefix(label, "0x")
	return hex && strings.Trim(rest, "0123456789abcdef") == ""
}

const maxLabel = 63

func badLabel(label string) (pos int, why string) {
	switch {
	case label == "":
		return 0, "a part of the name is empty"
	case len(label) > maxLabel:
		return maxLabel, "a part of the name is too long"
	case label[0] == '-':
		return 0, "a part of a name cannot begin with a hyphen"
	case label[len(label)-1] == '-':
		return len(label) - 1, "a part of a name cannot end with a hyphen"
	}
	for i, c := range label {
		switch {
		case c == '*':
			return i, "a star can only stand for the first part, as in *.example.com"
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return i, "a name cannot contain " + strconv.QuoteRuneToASCII(c)
		}
	}
	return 0, ""
}

// String returns the rule in the one form that ParseRule reads back.
func (r Rule) String() string {
	var b strings.Builder
	if r.TCP {
		b.WriteString(tcpPrefix)
	}
	host := r.Host
	switch {
	case r.Any:
		host = "*"
	case r.Below:
		host = "*." + host
	case r.Host == "" && r.Prefix.IsSingleIP():
		host = r.Prefix.Addr().String()
	case r.Host == "":
		host = r.Prefix.String()
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	b.WriteString(host)
	if r.Port != 0 {
		b.WriteString(":" + strconv.Itoa(int(r.Port)))
	}
	return b.String()
}

// coversPort says whether the rule is about a port.
func (r Rule) coversPort(port uint16) bool {
	if r.Port == 0 {
		return port == portHTTP || port == portHTTPS
	}
	return r.Port == port
}

// coversName says whether the rule is about a name in lower case.
func (r Rule) coversName(name string) bool {
	if r.Below {
		return strings.HasSuffix(name, "."+r.Host)
	}
	return r.Host != "" && r.Host == name
}

// coversAddr says whether the rule is about an address.
func (r Rule) coversAddr(addr netip.Addr) bool {
	return r.Host == "" && r.Prefix.Contains(addr.Unmap())
}
