package gateway

import (
	"net/netip"
	"slices"
	"sync"

	"dclaude/launcher/egress"
)

// rules is the session's policy as it is now, and what it has let through and
// is not over.
type rules struct {
	mu    sync.Mutex
	live  egress.Live
	hosts []netip.Prefix
	flows map[*flow]struct{}
}

// flow is a tunnel or a plain request that is under way.
type flow struct {
	target egress.Target
	// address is the one that was dialled; not valid where that is not known.
	address netip.Addr
	end     func()
}

func newRules(p egress.Policy, hosts []netip.Prefix) *rules {
	return &rules{live: egress.Live{Policy: p}, hosts: hosts, flows: map[*flow]struct{}{}}
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

// change applies a change, and ends what it forbids.
func (r *rules) change(c egress.Change) egress.State {
	r.mu.Lock()
	next, err := r.live.Apply(c)
	var ended []*flow
	if err == nil {
		r.live = next
		for f := range r.flows {
			if r.live.Denies(f.target, f.address) {
				ended = append(ended, f)
			}
		}
	}
	state := r.live.State()
	r.mu.Unlock()
	if err != nil {
		state.Error = err.Error()
	}
	for _, f := range ended {
		f.end()
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

// enter notes something that was let through, until left is called. What was
// forbidden between its decision and this ends at once.
func (r *rules) enter(f *flow) (left func()) {
	r.mu.Lock()
	denied := r.live.Denies(f.target, f.address)
	r.flows[f] = struct{}{}
	r.mu.Unlock()
	if denied {
		f.end()
	}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.flows, f)
	}
}
