//go:build linux

// Command attack tries to get words out of the container that it runs in. It is
// told where receivers are, and sends each of them a word of its own for each
// way; what the receivers hear decides. Ways whose success only shows in here
// print "won WAY".
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// targets is what the test knows and a real attacker would find out.
type targets struct {
	// Run makes the words of this run its own.
	Run string
	// Evil is a receiver that no session may reach, at the engine's host; EvilAt
	// are more addresses of that machine. Each is "address:port".
	Evil   string
	EvilAt []string
	// Allowed and AllowedTLS are servers that the session may reach.
	Allowed, AllowedTLS string
	// Metadata is a receiver at the address of clouds' metadata services, Peer
	// one in another session, LinkLocal one at the host's end of the bridge.
	Metadata, Peer, LinkLocal string
	// Zone is below which the attacker's own name server answers, NameServer where
	// it can be asked directly, NamesPort where the names' receivers listen.
	Zone, NameServer, NamesPort string
	// Only are the ways of this run.
	Only []string
}

// patience bounds every way.
const patience = 6 * time.Second

func main() {
	if len(os.Args) == 3 && os.Args[1] == "listen" {
		listen(os.Args[2])
		return
	}
	var t targets
	if err := json.Unmarshal([]byte(os.Args[1]), &t); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var all sync.WaitGroup
	for name, way := range ways() {
		if !slices.Contains(t.Only, name) {
			continue
		}
		all.Go(func() {
			done := make(chan error, 1)
			go func() { done <- way(t, "word-"+name+"-"+t.Run+".") }()
			select {
			case err := <-done:
				if err != nil {
					fmt.Printf("lost %s: %v\n", name, err)
				} else {
					fmt.Printf("sent %s\n", name)
				}
			case <-time.After(patience):
				fmt.Printf("lost %s: still waiting\n", name)
			}
		})
	}
	all.Wait()
}

func won(name string) { fmt.Printf("won %s\n", name) }

// ways are all that we know, by the names that the test has for them.
func ways() map[string]func(t targets, word string) error {
	return map[string]func(t targets, word string) error{
		"direct-tcp":          directTCP,
		"direct-udp":          directUDP,
		"dns-resolver":        dnsResolver,
		"dns-engine":          dnsEngine,
		"dns-tunnel":          dnsTunnel,
		"icmp":                icmp,
		"ipv6-link-local":     linkLocal,
		"ipv6-mapped":         mapped,
		"host-addresses":      hostAddresses,
		"bridge":              bridge,
		"other-session":       otherSession,
		"metadata":            metadata,
		"proxy-connect-ip":    proxyConnectIP,
		"proxy-connect-port":  proxyConnectPort,
		"proxy-connect-meta":  proxyConnectMetadata,
		"proxy-mapped":        proxyMapped,
		"proxy-nat64":         proxyNAT64,
		"sni":                 sni,
		"sni-fragmented":      sniFragmented,
		"host-header":         hostHeader,
		"tunnel-host":         tunnelHost,
		"tunnel-pipelined":    tunnelPipelined,
		"redirect":            redirect,
		"smuggling-two-ways":  smuggleBoth,
		"smuggling-chunk":     smuggleChunk,
		"smuggling-pipelined": smugglePipelined,
		"unset-proxy":         unsetProxy,
		"raw-socket":          rawSocket,
		"docker-api":          dockerAPI,
		"name-rebinding":      nameRebinding,
		"name-mapped":         nameMapped,
		"name-nat64":          nameNAT64,
		"name-private":        namePrivate,
		"name-alias":          nameAlias,
		"name-fallback":       nameFallback,
		"name-metadata":       nameMetadata,
		"dns-gateway":         dnsGateway,
		"dns-proxy":           dnsProxy,
	}
}
