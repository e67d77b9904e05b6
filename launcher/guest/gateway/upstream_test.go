package gateway

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"

	"dclaude/launcher/egress"
)

// companyProxy is one that connects to whatever it is asked for. It returns what
// that was.
func companyProxy(w *world, address string) (asked func() []string) {
	var mu sync.Mutex
	var list []string
	w.serve(address, func(c net.Conn) {
		for r := bufio.NewReader(c); ; {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			mu.Lock()
			list = append(list, req.Host)
			mu.Unlock()
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return list
	}
}

// A company's proxy can reach what no session may: this machine, the company's
// network, metadata services. It is not asked for an address that the gateway
// would not dial itself, however that is written, by CONNECT or in a URL.
func TestAddressesAreJudgedBeforeTheUpstreamProxy(t *testing.T) {
	attacks := []string{
		// Rules cover the first ones, and yet they are nowhere that a rule can lead.
		"127.0.0.1", "169.254.169.254", "0.0.0.0", "[::1]", "[::]", "[fe80::1]", "[fd00:ec2::254]",
		"[::ffff:10.1.2.3]", "[::ffff:a01:203]", "[::ffff:127.0.0.1]", "[64:ff9b::10.1.2.3]", "[2002:a01:203::1]", "[::10.1.2.3]",
		"localhost", "LOCALHOST.", "metadata.localhost",
		// Private ones without a rule of their own, and this machine's, for which
		// a range is not enough.
		"192.168.1.1", "[fd00::1]", "10.9.9.9",
		// Spellings that a resolver would take for an address.
		"2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "017700000001", "127.0.0.0x1", "1.2.3.4.", "10.01.02.03", "[127.0.0.1]",
		"127.0.0.1%00.good.example", "127。0。0。1", "①②⑦.0.0.1",
	}
	setup := testSetup("*", "localhost", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "::ffff:0:0:0/96", "64:ff9b::/96", "10.1.2.3", "10.9.9.10", "[2001:db8::1]")
	setup.Hosts = []netip.Prefix{netip.MustParsePrefix("10.9.9.9/32"), netip.MustParsePrefix("10.9.9.10/32")}
	setup.Upstream = "http://proxy.example:3128"
	w := newWorld(t, setup, testLimits(), names{})
	asked := companyProxy(w, "proxy.example:3128")
	for _, host := range attacks {
		tunnel, _, status, _ := w.connect(host + ":443")
		if status == 200 {
			t.Errorf("CONNECT %s goes to the proxy", host)
		}
		tunnel.Close()
		c := w.say("GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
		if status, _, _ := answer(t, bufio.NewReader(c), "GET"); status == 200 {
			t.Errorf("GET http://%s/ goes to the proxy", host)
		}
	}
	if got := asked(); len(got) > 0 {
		t.Errorf("the proxy was asked for %q", got)
	}
	for _, host := range []string{"10.1.2.3", "10.200.0.1", "10.9.9.10", "8.8.8.8", "[2001:db8::1]", "[2606:4700::1]", "good.example"} {
		tunnel, _, status, _ := w.connect(host + ":443")
		if status != 200 {
			t.Errorf("CONNECT %s: %d", host, status)
		}
		tunnel.Close()
		c := w.say("GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
		if status, _, _ := answer(t, bufio.NewReader(c), "GET"); status != 200 {
			t.Errorf("GET http://%s/: %d", host, status)
		}
	}
	// The reason is in the log.
	w.log.await(t, func(e egress.Event) bool { return e.Host == "169.254.169.254" && e.Reason == egress.BadAddress })
}

// A permission for one connection is for the address, too.
func TestOnceBehindAnUpstreamProxy(t *testing.T) {
	setup := testSetup()
	setup.Upstream = "http://proxy.example:3128"
	w := newWorld(t, setup, testLimits(), names{})
	companyProxy(w, "proxy.example:3128")
	w.server.Change(egress.Change{Op: egress.OpOnce, Rules: []string{"10.1.2.3"}})
	for i, want := range []int{200, 403} {
		if _, _, status, _ := w.connect("10.1.2.3:443"); status != want {
			t.Errorf("time %d: %d", i, status)
		}
	}
}
