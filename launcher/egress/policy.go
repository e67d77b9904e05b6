package egress

import (
	"net/netip"
	"strings"
)

// Policy is what a session may reach: what a rule of Allow covers and no rule
// of Deny does.
type Policy struct {
	Allow, Deny []Rule
}

// Reason says why something was let through or not, in a word for the log.
type Reason string

// The reasons. Each but Allowed blocks.
const (
	Allowed       Reason = "allowed"
	NotAllowed    Reason = "not-allowed"    // no rule covers it
	Denied        Reason = "denied"         // a rule forbids it
	BadPort       Reason = "port"           // the host is allowed, the port is not
	BadHost       Reason = "bad-host"       // neither a name nor an address
	BadAddress    Reason = "address"        // the name leads to an address that is not public
	OtherServer   Reason = "server-name"    // TLS asks for another server
	NotTLS        Reason = "not-tls"        // a tunnel that carries something else
	NoSuchName    Reason = "no-such-name"   // cannot be resolved
	Unreachable   Reason = "unreachable"    // allowed, but does not answer
	Resolving     Reason = "dns"            // a question to the name server
	BadRequest    Reason = "bad-request"    // no request that a proxy takes
	TooMany       Reason = "too-many"       // over the limit of connections
	UpstreamProxy Reason = "upstream-proxy" // the company's proxy refuses
)

// Target is a destination as a client asks for it.
type Target struct {
	// Host is a name in lower case without a final dot; empty if Addr is set.
	Host string
	Addr netip.Addr
	Port uint16
}

// ParseTarget reads the host of a request. It takes names and addresses as
// rules have them, and nothing that a resolver could read in another way.
func ParseTarget(host string, port uint16) (Target, bool) {
	t := Target{Port: port}
	if firstForeign(host) >= 0 {
		return t, false
	}
	bare := host
	if inner, ok := strings.CutPrefix(host, "["); ok {
		bare, ok = strings.CutSuffix(inner, "]")
		if !ok || !strings.Contains(bare, ":") {
			return Target{}, false
		}
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		t.Addr = addr
		return t, addr.Zone() == "" && port != 0
	}
	t.Host = strings.TrimSuffix(strings.ToLower(host), ".")
	_, why := badName(t.Host)
	return t, why == "" && port != 0
}

// Name is the target's host for people, with brackets where a port would need
// them.
func (t Target) Name() string {
	switch {
	case t.Host != "":
		return t.Host
	case t.Addr.Is6():
		return "[" + t.Addr.String() + "]"
	}
	return t.Addr.String()
}

// Decision is what a policy says about a target.
type Decision struct {
	Reason Reason
	// TCP lets any protocol through.
	TCP bool
	// Rule is the rule that allowed it.
	Rule Rule
}

// OK says whether the target is allowed.
func (d Decision) OK() bool { return d.Reason == Allowed }

// Decide looks at a target before its name is resolved.
func (p Policy) Decide(t Target) Decision {
	if p.Denies(t, netip.Addr{}) {
		return Decision{Reason: Denied}
	}
	d := Decision{Reason: NotAllowed}
	for _, r := range p.Allow {
		if !r.covers(t) {
			continue
		}
		if !r.coversPort(t.Port) {
			if d.Reason == NotAllowed {
				d.Reason = BadPort
			}
			continue
		}
		if d.Reason != Allowed {
			d = Decision{Reason: Allowed, Rule: r}
		}
		d.TCP = d.TCP || r.TCP
	}
	return d
}

func (r Rule) covers(t Target) bool {
	if r.Any {
		return true
	}
	if t.Host != "" {
		return r.coversName(t.Host)
	}
	return r.coversAddr(t.Addr)
}

// AllowsAddr says whether an address may be dialled for a target that Decide
// allowed. A public one may. A private one needs a rule about that address or
// its range, a host's own a rule about that one address; for the rest there is
// no rule. A rule that denies an address holds for names that lead to it, too.
func (p Policy) AllowsAddr(addr netip.Addr, port uint16, hosts []netip.Prefix) bool {
	for _, r := range p.Deny {
		if r.coversAddr(addr) && (r.Port == 0 || r.Port == port) {
			return false
		}
	}
	class := Judge(addr, hosts)
	switch class {
	case Public:
		return true
	case Special:
		return false
	}
	for _, r := range p.Allow {
		if r.coversAddr(addr) && r.coversPort(port) && (class == Private || r.Prefix.IsSingleIP()) {
			return true
		}
	}
	return false
}

// Denies says whether a rule forbids a target, or the address that it has turned
// out to have, if that is known.
func (p Policy) Denies(t Target, addr netip.Addr) bool {
	for _, r := range p.Deny {
		if (r.covers(t) || addr.IsValid() && r.coversAddr(addr)) && (r.Port == 0 || r.Port == t.Port) {
			return true
		}
	}
	return false
}

// Strings returns rules as users write them.
func Strings(rules []Rule) []string {
	texts := make([]string, len(rules))
	for i, r := range rules {
		texts[i] = r.String()
	}
	return texts
}

// ParseRules reads several rules and stops at the first that is wrong.
func ParseRules(texts []string) ([]Rule, error) {
	rules := make([]Rule, 0, len(texts))
	for _, t := range texts {
		r, err := ParseRule(t)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}
