package cli

import (
	"net/netip"
	"net/url"
	"strings"

	"dclaude/launcher/egress"
	"dclaude/launcher/plan"
)

// upstream is the proxy that the user's own environment names: what this machine
// needs to get out, a session's gateway needs, too.
type upstream struct {
	// url may hold a password, and goes nowhere but to the gateway's input.
	url string
	// direct are the hosts that are reached without it, as rules.
	direct []string
}

// upstreamOf reads the variables as programs do, https_proxy first: most of what
// a session does is TLS. A proxy that a gateway cannot use is a warning, which
// does not repeat the address.
func upstreamOf(environ []string) (upstream, []plan.Warning) {
	var name, value string
	for _, name = range []string{"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"} {
		if value = lookup(environ, name); value != "" {
			break
		}
	}
	if value == "" {
		return upstream{}, nil
	}
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	why := ""
	switch {
	case err != nil || u.Hostname() == "":
		why = "it is not an address"
	case u.Scheme != "http":
		why = "it is not an http:// proxy"
	case onThisMachine(u.Hostname()):
		why = "it is on this machine's loopback interface, which a container cannot reach"
	}
	if why != "" {
		return upstream{}, []plan.Warning{{
			Text: name + " is not used by the session's gateway: " + why,
			Hint: "the session reaches its hosts directly, or not at all",
		}}
	}
	noProxy := lookup(environ, "no_proxy")
	if noProxy == "" {
		noProxy = lookup(environ, "NO_PROXY")
	}
	direct, all := exceptions(noProxy)
	if all {
		return upstream{}, nil
	}
	return upstream{url: u.String(), direct: direct}, nil
}

func onThisMachine(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && (addr.IsLoopback() || addr.IsUnspecified())
}

// exceptions turns NO_PROXY into rules: a name stands for itself and all below
// it. What cannot be a rule is left out; all is for "*".
func exceptions(noProxy string) (rules []string, all bool) {
	for _, item := range strings.FieldsFunc(noProxy, func(c rune) bool { return c == ',' || c == ' ' }) {
		if item == "*" {
			return nil, true
		}
		name := strings.TrimPrefix(strings.TrimPrefix(item, "*"), ".")
		for _, text := range []string{name, "*." + name} {
			if r, err := egress.ParseRule(text); err == nil && (r.Below || text == name) {
				rules = append(rules, r.String())
			}
		}
	}
	return rules, false
}
