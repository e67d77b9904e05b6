package config

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	labelForm = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)
	groupForm = regexp.MustCompile(`^[0-9a-f]{1,4}$`)
	octetForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,2})$`)
)

// checkAllow takes HOST or HOST:PORT. It does not ask whether the host exists or
// is private: the gateway does, each time.
func checkAllow(rule string) (string, *flaw) {
	bad := func(why string) *flaw {
		if strings.Contains(rule, "@") {
			return flawed("a rule has a user name in it") // and perhaps a password
		}
		return flawed("%s %s", show(rule), why).advise("write HOST or HOST:PORT, such as example.com or example.com:8443")
	}
	host, port, why := splitRule(rule)
	if why != "" {
		return "", bad(why)
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if why := badHost(host); why != "" {
		return "", bad(why)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" {
		return host, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || port[0] == '0' || port[0] == '+' {
		return "", bad("has no port from 1 to 65535 after the colon")
	}
	return host + ":" + port, nil
}

// splitRule separates host and port; why is not empty if they are not to be had.
func splitRule(rule string) (host, port, why string) {
	switch {
	case rule == "*":
		return "", "", `allows everything: say network = "open" if that is meant`
	case strings.Contains(rule, "://"):
		return "", "", "is a URL"
	case strings.ContainsAny(rule, "/?#@ \t"):
		return "", "", "is not a host"
	}
	if rest, ok := strings.CutPrefix(rule, "["); ok {
		host, after, closed := strings.Cut(rest, "]")
		port, colon := strings.CutPrefix(after, ":")
		if !closed || !isIPv6(strings.ToLower(host)) || after != "" && (!colon || port == "") {
			return "", "", "is not an IPv6 address in brackets"
		}
		return host, port, ""
	}
	if strings.Count(rule, ":") > 1 {
		return rule, "", ""
	}
	host, port, colon := strings.Cut(rule, ":")
	if colon && port == "" {
		return "", "", "has no port from 1 to 65535 after the colon"
	}
	return host, port, ""
}

// badHost says what is wrong with a name or address, or "".
func badHost(host string) string {
	if isIPv4(host) || isIPv6(host) {
		return ""
	}
	name, wild := strings.CutPrefix(host, "*.")
	labels := strings.Split(name, ".")
	if wild && len(labels) < 2 {
		return "allows a whole top-level domain"
	}
	for _, r := range host {
		if r > unicode.MaxASCII {
			return "is not in ASCII: write the name as xn--..."
		}
	}
	for _, l := range labels {
		if !labelForm.MatchString(l) {
			return "is not a host"
		}
	}
	last := labels[len(labels)-1]
	if len(name) > 253 || strings.Trim(last, "0123456789") == "" {
		return "is not a host"
	}
	return ""
}

// isIPv4 knows addresses of four decimal numbers. Together with isIPv6 it
// stands in for net/netip, so that what imports this package, plan above all,
// provably links nothing of net.
func isIPv4(s string) bool {
	octets := strings.Split(s, ".")
	for _, o := range octets {
		if n, err := strconv.Atoi(o); err != nil || n > 255 || !octetForm.MatchString(o) {
			return false
		}
	}
	return len(octets) == 4
}

// isIPv6 knows addresses in lower case, without a zone and without IPv4 in
// them.
func isIPv6(s string) bool {
	left, right, short := strings.Cut(s, "::")
	var groups []string
	for _, half := range []string{left, right} {
		if half != "" {
			groups = append(groups, strings.Split(half, ":")...)
		}
	}
	for _, g := range groups {
		if !groupForm.MatchString(g) {
			return false
		}
	}
	if short {
		return len(groups) < 8
	}
	return len(groups) == 8
}
