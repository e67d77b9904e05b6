package cli

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"

	"dclaude/launcher/verify"
)

// connectScript connects past every proxy, and then by the one that the session
// was given, if it was given one.
const connectScript = `
if timeout 4 bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$1" "$2" 2>/dev/null; then echo REACHED directly; fi
proxy="${HTTP_PROXY:-$http_proxy}"
if [ -n "$proxy" ]; then
  code="$(curl -s -o /dev/null -m 4 -w '%{http_code}' --noproxy '' -x "$proxy" "http://$1:$2/")"
  case "$code" in 2*) echo REACHED by the proxy;; *) echo "the proxy says $code";; esac
fi
true`

// The addresses that are tried: of a public service, and of a cloud's metadata.
const (
	publicAddress   = "1.1.1.1"
	metadataAddress = "169.254.169.254"
)

// attackNetwork tries the ways out, at the same time: those that are closed by
// silence take their time.
func (s *specimen) attackNetwork(ctx context.Context) {
	o := &s.seen
	host := ""
	if u, err := url.Parse(s.apiURL); err == nil {
		host = u.Hostname()
	}
	_, decoyPort, _ := net.SplitHostPort(s.decoy.Addr().String())
	before := s.decoyHits.Load()
	var all sync.WaitGroup
	all.Go(func() { o.ThisMachine = s.connects(ctx, host, decoyPort) })
	all.Go(func() { o.Metadata = s.connects(ctx, metadataAddress, "80") })
	all.Go(func() {
		o.Internet = s.succeedsIf(ctx, "REACHED", `timeout 4 bash -c 'exec 3<>"/dev/tcp/$1/443"' bash "$1" 2>/dev/null && echo REACHED directly; true`, publicAddress)
	})
	all.Go(func() {
		o.Names = s.succeedsIf(ctx, "REACHED",
			`for server in "" "@$1"; do
			   answer="$(timeout 5 dig +time=2 +tries=1 +short $server example.com A 2>/dev/null | grep -E '^[0-9.]+$')"
			   [ -n "$answer" ] && echo "REACHED ${server:-the usual one}";
			 done; true`, publicAddress)
	})
	all.Wait()
	if hits := s.decoyHits.Load() - before; hits > 0 {
		o.ThisMachine.Succeeded = true
		o.ThisMachine.Seen += fmt.Sprintf(" (it had %d visits)", hits)
	}
	o.Elsewhere = s.elsewhere()
}

func (s *specimen) connects(ctx context.Context, host, port string) verify.Attempt {
	a := s.succeedsIf(ctx, "REACHED", connectScript, host, port)
	if a.Done && !a.Succeeded && !strings.Contains(a.Seen, "proxy") {
		a.Seen = "no connection"
	}
	return a
}

// elsewhere compares what came to the API and to the service beside it.
func (s *specimen) elsewhere() verify.Attempt {
	a := verify.Attempt{Done: true}
	tokens := s.api.Tokens()
	for _, token := range tokens {
		if token != s.access {
			a.Succeeded, a.Seen = true, "the API saw another token than the session's"
			return a
		}
	}
	if saw := s.decoySaw.Load(); saw != nil && strings.Contains(*saw, s.access) {
		a.Succeeded, a.Seen = true, "the service beside the API got it"
		return a
	}
	a.Seen = fmt.Sprintf("sent to the API (%d), never to the service beside it", len(tokens))
	return a
}
