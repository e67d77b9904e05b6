package e2e

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is an attacker's: its answers are not what a name is for, but what
// gets past a check.
type nameServer struct {
	t *testing.T
	// public and private are where the names lead; nobody listens at dead, which is
	// public, too.
	public, dead, private netip.Addr

	mu    sync.Mutex
	asked map[string]int // by name, in lower case, and type
}

// zone is what the server answers for.
const zone = "names.example"

// serve answers at an address, on port 53.
func (n *nameServer) serve(address string) {
	n.t.Helper()
	c, err := net.ListenPacket("udp", net.JoinHostPort(address, "53"))
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { c.Close() })
	go func() {
		for b := make([]byte, 4<<10); ; {
			size, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if answer, err := n.answer(b[:size]); err == nil {
				_, _ = c.WriteTo(answer, from)
			}
		}
	}()
}

func (n *nameServer) answer(question []byte) ([]byte, error) {
	var p dnsmessage.Parser
	head, err := p.Start(question)
	if err != nil {
		return nil, err
	}
	q, err := p.Question()
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	n.mu.Lock()
	key := name + " " + q.Type.String()
	n.asked[key]++
	time := n.asked[key]
	n.mu.Unlock()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: head.ID, Response: true, Authoritative: true, RecursionDesired: head.RecursionDesired, RecursionAvailable: true},
		Questions: []dnsmessage.Question{q},
	}
	label, inZone := strings.CutSuffix(name, "."+zone)
	if !inZone {
		m.RCode = dnsmessage.RCodeNameError
		return m.Pack()
	}
	kind, _, _ := strings.Cut(label, "-")
	header := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 0}
	for _, addr := range n.leads(kind, time) {
		var body dnsmessage.ResourceBody = &dnsmessage.AResource{A: addr.Unmap().As4()}
		if kind == "mapped" || kind == "nat64" {
			body = &dnsmessage.AAAAResource{AAAA: sixOf(kind, addr)}
		}
		if _, is6 := body.(*dnsmessage.AAAAResource); is6 != (q.Type == dnsmessage.TypeAAAA) {
			continue
		}
		if kind == "alias" {
			target := dnsmessage.MustNewName("target." + zone + ".")
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.CNAMEResource{CNAME: target}})
			header.Name = target
		}
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: body})
	}
	return m.Pack()
}

// leads is where a name leads the given time that it is asked for.
func (n *nameServer) leads(kind string, time int) []netip.Addr {
	switch {
	case kind == "rebind" && time%2 == 1:
		return []netip.Addr{n.public}
	case kind == "fallback":
		return []netip.Addr{n.dead, n.private}
	case kind == "metadata":
		return []netip.Addr{netip.MustParseAddr(metadataAddress)}
	}
	return []netip.Addr{n.private}
}

// sixOf hides an IPv4 address in one of IPv6.
func sixOf(kind string, addr netip.Addr) [16]byte {
	if kind == "mapped" {
		return addr.As16()
	}
	b, four := netip.MustParseAddr("64:ff9b::").As16(), addr.As4()
	copy(b[12:], four[:])
	return b
}

// sawName tells whether a name was asked for, and sawWord whether a word of a way
// and a run was part of one.
func (n *nameServer) sawName(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[name+" TypeA"] > 0
}

func (n *nameServer) sawWord(way, run string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for name := range n.asked {
		if strings.Contains(name, "word-"+way+"-"+run+".") {
			return true
		}
	}
	return false
}

// loopbackResolver is a name server on this machine's loopback, and a resolv.conf
// that names it: what many desktops have.
func loopbackResolver(t *testing.T) (n *nameServer, resolv string) {
	t.Helper()
	n = &nameServer{t: t, asked: map[string]int{}}
	id := os.Getpid()
	address := fmt.Sprintf("127.53.%d.%d", id>>8&255, id&255)
	n.serve(address)
	resolv = filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(resolv, []byte("nameserver "+address+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return n, resolv
}
