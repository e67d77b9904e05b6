package egress

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// The ports of a gateway on its session's network.
const (
	// PortProxy takes requests as an HTTP proxy does.
	PortProxy = 3128
	// PortLifeline takes one connection, which the session's init holds for as
	// long as it lives.
	PortLifeline = 3127
	// PortDNS takes questions, and refuses them.
	PortDNS = 53
)

// setupVersion is raised when a gateway of one version cannot read the setup
// of another.
const setupVersion = 1

// Setup is what the launcher tells a gateway once, at its start. It travels
// through the gateway's standard input, for Upstream may hold a password.
type Setup struct {
	Version int    `json:"version"`
	Session string `json:"session"`
	// Address is the gateway's own on the session's network, Subnet that
	// network.
	Address netip.Addr   `json:"address"`
	Subnet  netip.Prefix `json:"subnet"`
	// Sandbox is the session's address there.
	Sandbox netip.Addr `json:"sandbox,omitzero"`
	// Hosts are the addresses of the machine, or machines, that run the engine
	// and the launcher.
	Hosts []netip.Prefix `json:"hosts,omitempty"`
	// Allow and Deny hold rules as ParseRule reads them.
	Allow []string `json:"allow"`
	Deny  []string `json:"deny,omitempty"`
	// Upstream is the URL of a proxy that everything has to go through; empty
	// for none.
	Upstream string `json:"upstream,omitempty"`
	// NoUpstream lists the hosts that are reached without it, as rules.
	NoUpstream []string `json:"noUpstream,omitempty"`
}

// Encode returns the setup as one line.
func (s Setup) Encode() ([]byte, error) {
	s.Version = setupVersion
	if err := s.check(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode the gateway's setup: %w", err)
	}
	return append(b, '\n'), nil
}

// maxSetup bounds a setup, in bytes.
const maxSetup = 1 << 20

// ReadSetup reads what Encode wrote. No error repeats the content.
func ReadSetup(r io.Reader) (Setup, error) {
	var s Setup
	if err := json.NewDecoder(io.LimitReader(r, maxSetup)).Decode(&s); err != nil {
		return Setup{}, errors.New("the gateway's setup is not valid JSON, or too long")
	}
	if s.Version != setupVersion {
		return Setup{}, fmt.Errorf("the gateway's setup has version %d, this one reads %d", s.Version, setupVersion)
	}
	return s, s.check()
}

func (s Setup) check() error {
	switch {
	case s.Session == "":
		return errors.New("the gateway's setup names no session")
	case !s.Subnet.IsValid() || !s.Subnet.Contains(s.Address):
		return errors.New("the gateway's address is not in its session's network")
	}
	if _, err := s.Policy(); err != nil {
		return err
	}
	_, err := ParseRules(s.NoUpstream)
	return err
}

// Policy returns the setup's rules.
func (s Setup) Policy() (Policy, error) {
	allow, err := ParseRules(s.Allow)
	if err != nil {
		return Policy{}, err
	}
	deny, err := ParseRules(s.Deny)
	if err != nil {
		return Policy{}, err
	}
	return Policy{Allow: allow, Deny: deny}, nil
}

// Op is what a Change does.
type Op string

// The operations on a running gateway.
const (
	OpShow  Op = "show"  // nothing but answer with the policy
	OpAllow Op = "allow" // add the rules
	OpOnce  Op = "once"  // add the rules, each for one connection
	OpDeny  Op = "deny"  // forbid what the rules cover
)

// Change is a request to a running gateway, one JSON document.
type Change struct {
	Op    Op       `json:"op"`
	Rules []string `json:"rules,omitempty"`
}

// State is a gateway's answer: its policy after the change.
type State struct {
	Allow []string `json:"allow"`
	Once  []string `json:"once,omitempty"`
	Deny  []string `json:"deny,omitempty"`
	// Error is set when nothing was changed.
	Error string `json:"error,omitempty"`
}

// Live is a policy that changes while its session runs. It is a value: Apply
// returns the next one.
type Live struct {
	Policy
	// Once holds rules that allow one connection each.
	Once []Rule
}

// Apply returns the policy after a change. To allow takes back a Deny of the
// same rule, and the other way round; the last word counts.
func (l Live) Apply(c Change) (Live, error) {
	rules, err := ParseRules(c.Rules)
	if err != nil {
		return l, err
	}
	next := l
	switch c.Op {
	case OpShow:
		return l, nil
	case OpAllow:
		next.Allow = add(l.Allow, rules)
		next.Deny = without(l.Deny, rules)
	case OpOnce:
		next.Once = append(append([]Rule(nil), l.Once...), rules...)
		next.Deny = without(l.Deny, rules)
	case OpDeny:
		next.Deny = add(l.Deny, rules)
		next.Allow = without(l.Allow, rules)
		next.Once = without(l.Once, rules)
	default:
		return l, fmt.Errorf("unknown operation %q", c.Op)
	}
	if len(next.Allow)+len(next.Deny)+len(next.Once) > maxRules {
		return l, fmt.Errorf("a session can have %d rules, no more", maxRules)
	}
	return next, nil
}

// maxRules bounds the work of one decision.
const maxRules = 10000

// DecideOnce is Decide with the rules for one connection. It returns the
// policy that is left.
func (l Live) DecideOnce(t Target) (Decision, Live) {
	d := l.Decide(t)
	// A rule for everything opens no private address; one for this connection
	// may.
	enough := d.OK() && (t.Host != "" || !d.Rule.Any)
	if enough || d.Reason == Denied {
		return d, l
	}
	for i, r := range l.Once {
		if once := (Policy{Allow: []Rule{r}}).Decide(t); once.OK() {
			next := l
			next.Once = append(append([]Rule(nil), l.Once[:i]...), l.Once[i+1:]...)
			return once, next
		}
	}
	return d, l
}

// State returns the policy for an answer.
func (l Live) State() State {
	return State{Allow: Strings(l.Allow), Once: Strings(l.Once), Deny: Strings(l.Deny)}
}

// add returns rules with more at their end, each once.
func add(rules, more []Rule) []Rule {
	return append(without(rules, more), unique(more)...)
}

func unique(rules []Rule) []Rule {
	var kept []Rule
	for _, r := range rules {
		kept = append(without(kept, []Rule{r}), r)
	}
	return kept
}

func without(rules, gone []Rule) []Rule {
	kept := make([]Rule, 0, len(rules))
next:
	for _, r := range rules {
		for _, g := range gone {
			if r == g {
				continue next
			}
		}
		kept = append(kept, r)
	}
	return kept
}

// Live returns the policy that an answer shows.
func (s State) Live() (Live, error) {
	policy, err := Setup{Allow: s.Allow, Deny: s.Deny}.Policy()
	if err != nil {
		return Live{}, err
	}
	once, err := ParseRules(s.Once)
	return Live{Policy: policy, Once: once}, err
}
