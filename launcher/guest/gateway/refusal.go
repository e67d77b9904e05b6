package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"dclaude/launcher/egress"
)

// refusal is what a client is told.
type refusal struct {
	status int
	// phrase goes into the status line, which is all that many clients show
	// of a proxy's answer to CONNECT.
	phrase string
	text   string
}

// refuse words a refusal for Claude and for its user. Whatever of the target is
// in it was parsed before.
func refuse(t egress.Target, why *blocked) refusal {
	host := t.Name()
	at := fmt.Sprintf("%s:%d", host, t.Port)
	allow := "dclaude net allow " + host
	if t.Port != 80 && t.Port != 443 {
		allow = "dclaude net allow " + at
	}
	ask := "Nothing was sent. Trying again or another way will not help. The user can allow it, on the host and not in here:\n\n    " + allow + "\n"
	r := refusal{status: http.StatusForbidden, phrase: "Blocked by dclaude"}
	switch why.reason {
	case egress.NotAllowed, egress.BadPort:
		what := "is not on this session's allow-list"
		if why.reason == egress.BadPort {
			what = fmt.Sprintf("is allowed, but not on port %d", t.Port)
		}
		r.phrase += ": the user can run: " + allow
		r.text = fmt.Sprintf("Blocked by dclaude: %s %s.\n%s", at, what, ask)
	case egress.Denied:
		r.text = fmt.Sprintf("Blocked by dclaude: the user has forbidden %s.\n", at)
	case egress.BadAddress:
		r.phrase += ": not a public address"
		r.text = fmt.Sprintf("Blocked by dclaude: %s leads to an address that is not public (%v).\n"+
			"Private services are allowed by address, on the host and not in here, as in: dclaude net allow 10.1.2.3:8080\n", at, why.err)
	case egress.OtherServer:
		r.text = fmt.Sprintf("Blocked by dclaude: a tunnel to %s carries requests for %s only.\n", at, host)
	case egress.NoSuchName:
		r.status, r.phrase = http.StatusBadGateway, "Cannot resolve"
		r.text = fmt.Sprintf("dclaude: %s is allowed, but its name cannot be resolved.\n", at)
	case egress.Unreachable:
		r.status, r.phrase = http.StatusBadGateway, "Cannot connect"
		r.text = fmt.Sprintf("dclaude: %s is allowed, but does not answer.\n", at)
	case egress.UpstreamProxy:
		r.status, r.phrase = http.StatusBadGateway, "Upstream proxy refuses"
		r.text = fmt.Sprintf("dclaude: %s is allowed, but the proxy of your network did not connect: %v.\n", at, why.err)
	default:
		r.status, r.phrase = http.StatusBadRequest, "Bad request"
		r.text = "dclaude: this is no request that a proxy can serve: " + string(why.reason) + ".\n"
	}
	return r
}

// raw is the whole answer as bytes, for a connection that is no longer net/http's.
func (r refusal) raw() string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		r.status, oneLine(r.phrase), len(r.text), r.text)
}

func (r refusal) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(r.status)
	_, _ = w.Write([]byte(r.text))
}

func oneLine(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }

// whyBlocked finds the reason in an error of dial.
func whyBlocked(err error) *blocked {
	var b *blocked
	if errors.As(err, &b) {
		return b
	}
	return &blocked{egress.Unreachable, err}
}
