package cli

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"

	"dclaude/launcher/plan"
	"dclaude/launcher/session"
	"dclaude/launcher/verify"
)

// needTools ends a script that could not attack anything.
const needTools = `for tool in timeout curl dig grep; do
  command -v "$tool" >/dev/null || { echo "there is no $tool"; exit 3; }
done
`

// connectScript connects to $1, port $2, past every proxy. A session's network
// says at once that there is no way; silence, which a lost packet makes too, is
// tried again and told.
const connectScript = needTools + `
for try in 1 2; do
  timeout 4 bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$1" "$2" 2>/dev/null
  case $? in 0) echo REACHED directly; break;; 124) echo no answer;; *) break;; esac
done
true`

// proxyScript connects by the proxy that the session was given, too, if it was
// given one.
const proxyScript = connectScript + `
proxy="${HTTP_PROXY:-$http_proxy}"
if [ -n "$proxy" ]; then
  code="$(curl -s -o /dev/null -m 4 -w '%{http_code}' --noproxy '' -x "$proxy" "http://$1:$2/")"
  case "$code" in 2*) echo REACHED by the proxy;; *) echo "the proxy says $code";; esac
fi
true`

// namesScript asks the usual name server, a public one at $1, and this machine's
// at $2, port $3.
const namesScript = needTools + `
ask() { timeout 5 dig +time=2 +tries=2 +short "$@" example.com A 2>/dev/null | grep -qE '^[0-9.]+$'; }
ask && echo REACHED the usual one &
ask "@$1" && echo REACHED "$1" &
ask "@$2" -p "$3" && echo REACHED this machine &
wait`

// refused is what proxyScript says where the gateway has turned it away.
const refused = "the proxy says 403"

// The addresses that are tried: of a public service, and of a cloud's metadata.
const (
	publicAddress   = "1.1.1.1"
	metadataAddress = "169.254.169.254"
)

// ways are what came of the ways out.
type ways struct{ thisMachine, internet, metadata, names verify.Attempt }

// runner runs a shell script somewhere; $1 and on are args.
type runner func(ctx context.Context, script string, args ...string) verify.Attempt

// tryWays tries the ways out from one place, at the same time: those that are
// closed by silence take their time.
func (s *specimen) tryWays(ctx context.Context, run runner) (w ways) {
	host, _, _ := net.SplitHostPort(strings.TrimPrefix(s.apiURL, "http://"))
	try := func(a *verify.Attempt, script string, args ...string) func() {
		return func() {
			*a = run(ctx, script, args...)
			a.Succeeded = strings.Contains(a.Seen, "REACHED")
		}
	}
	var all sync.WaitGroup
	all.Go(try(&w.thisMachine, proxyScript, host, portOf(s.decoy.Addr().String())))
	all.Go(try(&w.internet, connectScript, publicAddress, "443"))
	all.Go(try(&w.metadata, proxyScript, metadataAddress, "80"))
	all.Go(try(&w.names, namesScript, publicAddress, host, portOf(s.names.LocalAddr().String())))
	all.Wait()
	return w
}

// unprotected tries the ways out from a container without protection, each in
// one of its own: what fails there proves nothing of a session.
func (s *specimen) unprotected(ctx context.Context) ways {
	return s.tryWays(ctx, func(ctx context.Context, script string, args ...string) verify.Attempt {
		ctx, cancel := attemptContext(ctx)
		defer cancel()
		out, err := session.Output(ctx, s.engine, plan.Container{
			Name: plan.ContainerName(sessionName("probe")), Image: plan.Image, User: "65534:65534",
			Entrypoint:  append([]string{"bash", "-c", script, "bash"}, args...),
			Labels:      map[string]string{plan.LabelRole: plan.RoleProbe},
			SecurityOpt: []string{"no-new-privileges"},
		})
		if err != nil {
			return verify.Attempt{Seen: err.Error()}
		}
		return verify.Attempt{Done: true, Seen: out}
	})
}

// attackNetwork tries the ways out of the session, and compares them with those
// of a container without protection.
func (s *specimen) attackNetwork(ctx context.Context, control ways) {
	o := &s.seen
	before := s.decoyHits.Load()
	found := s.tryWays(ctx, s.try)
	o.ThisMachine = compare(found.thisMachine, control.thisMachine)
	o.Internet = compare(found.internet, control.internet)
	o.Metadata = compare(found.metadata, control.metadata)
	o.Names = compare(found.names, control.names)
	if hits := s.decoyHits.Load() - before; hits > 0 {
		o.ThisMachine.Succeeded = true
		o.ThisMachine.Seen += fmt.Sprintf(" (it had %d visits)", hits)
	}
	o.Elsewhere = s.elsewhere()
}

// compare judges whether an attack that failed shows anything: the gateway has
// turned it away, or it works without protection.
func compare(a, control verify.Attempt) verify.Attempt {
	if !a.Done || a.Succeeded {
		return a
	}
	if a.Seen == "" {
		a.Seen = "nothing was reached"
	}
	switch {
	case !control.Done:
		a.Done, a.Seen = false, "nor without protection, to compare: "+control.Seen
	case control.Succeeded:
		a.Seen += "; without protection it is reached"
	case !strings.Contains(a.Seen, refused):
		a.Pointless = "it is not reached without protection either, as where this machine is offline; that proves nothing"
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
