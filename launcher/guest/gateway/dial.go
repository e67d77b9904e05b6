package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"dclaude/launcher/egress"
)

// Resolver is where names become addresses: the gateway's own, never the
// session's.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dialer opens connections.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// blocked is a connection that was not made, or an attempt that failed.
type blocked struct {
	reason egress.Reason
	err    error
}

func (b *blocked) Error() string {
	if b.err != nil {
		return string(b.reason) + ": " + b.err.Error()
	}
	return string(b.reason)
}

func (b *blocked) Unwrap() error { return b.err }

// verdict says whether the policy or the network was in the way.
func (b *blocked) verdict() egress.Verdict {
	switch b.reason {
	case egress.NoSuchName, egress.Unreachable, egress.UpstreamProxy:
		return egress.VerdictFailed
	}
	return egress.VerdictBlocked
}

// dial connects to a target that a rule of the policy allows. It resolves the name once,
// judges every address, and dials those that it judged, so that a name cannot
// be public when it is looked at and private when it is used. It returns the
// address, too, but for an upstream proxy's, who knows it alone.
func (s *Server) dial(ctx context.Context, t egress.Target, granted egress.Rule) (net.Conn, netip.Addr, error) {
	if s.upstream != nil && !s.upstream.skips(t) {
		if err := s.judgeUnresolved(t, granted); err != nil {
			return nil, netip.Addr{}, err
		}
		conn, err := s.upstream.dial(ctx, s, t)
		return conn, netip.Addr{}, err
	}
	addrs, err := s.addresses(ctx, t)
	if err != nil {
		return nil, netip.Addr{}, err
	}
	fit, err := s.judge(addrs, t, granted)
	if err != nil {
		return nil, netip.Addr{}, err
	}
	return s.dialAny(ctx, fit, t.Port)
}

// judge returns those of a target's addresses that may be dialled. None is an
// error.
func (s *Server) judge(addrs []netip.Addr, t egress.Target, granted egress.Rule) ([]netip.Addr, error) {
	var fit []netip.Addr
	for _, a := range addrs {
		if s.rules.allowsAddr(a, t.Port, granted) && !s.setup.Subnet.Contains(a) {
			fit = append(fit, a)
		}
	}
	if len(fit) == 0 {
		return nil, &blocked{egress.BadAddress, fmt.Errorf("%s is not a public address", addrs[0])}
	}
	return fit, nil
}

// judgeUnresolved judges a target that another proxy will resolve, as far as
// it says itself where it leads: by an address, or by one of the names that are
// every machine's own (RFC 6761, section 6.3).
func (s *Server) judgeUnresolved(t egress.Target, granted egress.Rule) error {
	switch {
	case t.Host == "":
		_, err := s.judge([]netip.Addr{t.Addr}, t, granted)
		return err
	case t.Host == "localhost", strings.HasSuffix(t.Host, ".localhost"):
		return &blocked{egress.BadAddress, errors.New("that is the proxy's own machine")}
	}
	return nil
}

// addresses are those of a target, IPv4 first: gateways seldom have more.
func (s *Server) addresses(ctx context.Context, t egress.Target) ([]netip.Addr, error) {
	if t.Host == "" {
		return []netip.Addr{t.Addr}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.limits.Resolve)
	defer cancel()
	// The dot at the end keeps the resolver from trying search domains.
	addrs, err := s.resolver.LookupNetIP(ctx, "ip", t.Host+".")
	if err == nil && len(addrs) == 0 {
		err = errors.New("it has no address")
	}
	if err != nil {
		return nil, &blocked{egress.NoSuchName, err}
	}
	for i, a := range addrs {
		// The resolver of the standard library hands out IPv4 addresses in
		// either form. What is mapped after this was so in the answer.
		if a.Is4In6() {
			addrs[i] = a.Unmap()
		}
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return addrs, nil
}

// maxAttempts bounds how many addresses of one name are tried.
const maxAttempts = 4

func (s *Server) dialAny(ctx context.Context, addrs []netip.Addr, port uint16) (net.Conn, netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Dial)
	defer cancel()
	var failed error
	for _, a := range addrs[:min(len(addrs), maxAttempts)] {
		conn, err := s.dialer.DialContext(ctx, "tcp", net.JoinHostPort(a.String(), strconv.Itoa(int(port))))
		if err == nil {
			return conn, a, nil
		}
		failed = err
		if ctx.Err() != nil {
			break
		}
	}
	return nil, netip.Addr{}, &blocked{egress.Unreachable, failed}
}
