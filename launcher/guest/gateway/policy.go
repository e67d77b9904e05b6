package gateway

import (
	"net/netip"
	"slices"
	"sync"

	"dclaude/launcher/egress"
)

// rules is the session's policy as it is now, and the tunnels that it let
// through.
type rules struct {
	mu      sync.Mutex
	live    egress.Live
	hosts   []netip.Prefix
	tunnels map[*tunnel]struct{}
}

func newRules(p egress.Policy, hosts []netip.Prefix) *rules {
	return &rules{live: egress.Live{Policy: p}, hosts: hosts, tunnels: map[*tunnel]struct{}{}}
}

func (r *rules) decide(t egress.Target) egress.Decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, next := r.live.DecideOnce(t)
	r.live = next
	return d
}

// allowsAddr is about an address that a target has turned out to have. granted
// is the rule that let the target through: one for a single connection is no
// longer among the others.
func (r *rules) allowsAddr(addr netip.Addr, port uint16, granted egress.Rule) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.live.Policy
	p.Allow = append(slices.Clip(p.Allow), granted)
	return p.AllowsAddr(addr, port, r.hosts)
}

// change applies a change, and ends the tunnels that it forbids.
func (r *rules) change(c egress.Change) egress.State {
	r.mu.Lock()
	next, err := r.live.Apply(c)
	var ended []*tunnel
	if err == nil {
		r.live = next
		for t := range r.tunnels {
			if r.live.Decide(t.target).Reason == egress.Denied {
				ended = append(ended, t)
			}
		}
	}
	state := r.live.State()
	r.mu.Unlock()
	if err != nil {
		state.Error = err.Error()
	}
	for _, t := range ended {
		t.end()
	}
	return state
}

func (r *rules) restore(l egress.Live) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live = l
}

func (r *rules) state() egress.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.live.State()
}

func (r *rules) enter(t *tunnel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tunnels[t] = struct{}{}
}

func (r *rules) leave(t *tunnel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tunnels, t)
}
