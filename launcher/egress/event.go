package egress

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Event is one line of a gateway's log. It has no URL, no header and nothing of
// what was carried.
type Event struct {
	Time    time.Time `json:"time"`
	Session string    `json:"session"`
	Kind    Kind      `json:"kind"`
	// Host is a name or an address as the session asked for it; of a Hook it is
	// empty.
	Host string `json:"host,omitempty"`
	Port uint16 `json:"port,omitempty"`
	// Address is the one that was dialled.
	Address string  `json:"address,omitempty"`
	Verdict Verdict `json:"verdict,omitempty"`
	Reason  Reason  `json:"reason,omitempty"`
	// Sent and Received count bytes as the session sees them.
	Sent     int64 `json:"sent,omitempty"`
	Received int64 `json:"received,omitempty"`
	// Millis is how long it took, to the end of the connection.
	Millis int64 `json:"ms,omitempty"`
	// Hook is what Claude reported, for a KindHook.
	Hook Hook `json:"hook,omitempty"`
	// Change is what was done to the policy, for a KindPolicy, and Host the rule.
	Change Op `json:"change,omitempty"`
	// Dropped counts lines that were left out before this one, because there
	// were too many of them.
	Dropped int64 `json:"dropped,omitempty"`
	// Gateway is what became of the gateway, for a KindGateway; empty when that
	// has more to say than this.
	Gateway GatewayState `json:"gateway,omitempty"`
	// Note is the reason, for GatewayFailed.
	Note string `json:"note,omitempty"`
}

// Kind is what an event is about.
type Kind string

// The kinds of events.
const (
	KindTunnel  Kind = "tunnel"  // CONNECT
	KindHTTP    Kind = "http"    // a plain request
	KindDNS     Kind = "dns"     // a question to the name server
	KindHook    Kind = "hook"    // Claude reports
	KindPolicy  Kind = "policy"  // the user has changed the policy
	KindGateway Kind = "gateway" // the gateway about itself
)

// GatewayState is what became of a session's gateway. A session cannot write
// these words into the log.
type GatewayState string

// What becomes of a gateway.
const (
	// GatewayStarted: it serves, for the first time or again.
	GatewayStarted GatewayState = "started"
	// GatewayFailed: its program failed, and its container starts it anew.
	// GatewayStarted follows within seconds.
	GatewayFailed GatewayState = "failed"
	// GatewayDied: its container is gone while the session runs, which is offline
	// until GatewayStarted says that the gateway was made again. No gateway can
	// write this of itself: session.NetLog adds it to what it follows.
	GatewayDied GatewayState = "died"
)

// Verdict is what became of a request.
type Verdict string

// The verdicts.
const (
	VerdictAllowed Verdict = "allowed"
	VerdictBlocked Verdict = "blocked"
	VerdictFailed  Verdict = "failed" // allowed, but it could not be reached
)

// Hook is one of the few things that a session can tell its user.
type Hook string

// What Claude reports by its own hooks.
const (
	// HookWaiting: Claude waits for the user (its hook "Notification").
	HookWaiting Hook = "waiting"
	// HookFinished: Claude has finished its answer (its hook "Stop").
	HookFinished Hook = "finished"
)

// ParseHook reads a hook's word. There are no others.
func ParseHook(word string) (Hook, bool) {
	switch h := Hook(word); h {
	case HookWaiting, HookFinished:
		return h, true
	}
	return "", false
}

// Line returns the event as a line of the log, with its end.
func (e Event) Line() []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("egress: an event cannot be encoded: %v", err)) // strings, numbers and a time
	}
	return append(b, '\n')
}

// maxLine bounds what is read as one event, in bytes. The gateway's own lines
// are far shorter.
const maxLine = 8 << 10

// ParseLine reads a line of the log.
func ParseLine(line []byte) (Event, error) {
	line = bytes.TrimSpace(line)
	if len(line) > maxLine {
		return Event{}, fmt.Errorf("a line of %d bytes is no event", len(line))
	}
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return Event{}, fmt.Errorf("not an event of a gateway: %w", err)
	}
	return e, nil
}
