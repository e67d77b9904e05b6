package session

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dclaude/launcher/egress"
	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
	"dclaude/launcher/plan"
)

func guardedPlan() plan.Plan {
	p := somePlan()
	p.Container.TTY = false
	subnet := netip.MustParsePrefix("10.186.0.0/29")
	address := netip.MustParseAddr("10.186.0.2")
	p.Gateway = &plan.Gateway{
		Network:   plan.Network{Name: "dclaude-s", Subnet: subnet, Labels: map[string]string{plan.LabelRole: plan.RoleNetwork}},
		Egress:    "bridge",
		Container: plan.Container{Name: "dclaude-s-gateway"},
		Setup:     egress.Setup{Session: "s", Address: address, Subnet: subnet, Allow: []string{"a.example"}},
	}
	return p
}

// wayEngine is an engine that makes sessions and their ways out at the same
// time. It notes what is there, and fails where a test says.
type wayEngine struct {
	t *testing.T

	mu      sync.Mutex
	calls   []string
	there   map[string]bool
	fail    string // the call that fails
	stop    func() // called in that call, instead of failing
	told    bytes.Buffer
	says    string // the gateway's last words, in place of saying that it serves
	reading sync.WaitGroup
}

func (w *wayEngine) take(ctx context.Context, call string) error {
	w.mu.Lock()
	w.calls = append(w.calls, call)
	fails := w.fail == call
	w.mu.Unlock()
	if fails && w.stop != nil {
		w.stop()
		return ctx.Err()
	}
	if fails {
		return failure(engine.KindDiskFull)
	}
	return nil
}

func (w *wayEngine) set(what string, there bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if there {
		w.there[what] = true
		return
	}
	delete(w.there, what)
}

func (w *wayEngine) Create(ctx context.Context, c plan.Container) (string, error) {
	err := w.take(ctx, "create "+c.Name)
	if err == nil || w.stop != nil {
		w.set(c.Name, true)
	}
	return c.Name, err
}

func (w *wayEngine) Attach(ctx context.Context, id string, _ engine.AttachOptions) (*engine.Stream, error) {
	if err := w.take(ctx, "attach "+id); err != nil {
		return nil, err
	}
	ours, theirs := connection(w.t)
	w.reading.Go(func() {
		defer theirs.Close()
		if id != "dclaude-s-gateway" {
			_, _ = handoff.Receive(theirs)
			return
		}
		_, _ = io.Copy(&w.told, theirs)
		if w.says != "" {
			_, _ = theirs.Write(frame(2, w.says))
			return
		}
		_, _ = theirs.Write(frame(1, string(serves())))
	})
	return engine.NewStream(ours, false), nil
}

// connection is one whose directions are closed one by one, as the engine's.
func connection(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		defer l.Close()
		ours, err = net.Dial("tcp", l.Addr().String())
	}
	if err == nil {
		theirs, err = l.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

func (w *wayEngine) Start(ctx context.Context, id string) error {
	w.mu.Lock()
	ready := w.there["network dclaude-s"]
	w.mu.Unlock()
	if !ready {
		w.t.Errorf("start %s before there is a network", id)
	}
	return w.take(ctx, "start "+id)
}

func (w *wayEngine) Wait(context.Context, string) <-chan engine.Exit { return make(chan engine.Exit) }

func (w *wayEngine) CreateNetwork(ctx context.Context, n engine.Network) (string, error) {
	if !n.Internal || !n.NoHost || len(n.Subnets) != 1 || n.Labels[plan.LabelRole] != plan.RoleNetwork {
		w.t.Errorf("network: %+v", n)
	}
	err := w.take(ctx, "create network")
	if err == nil || w.stop != nil {
		w.set("network "+n.Name, true)
	}
	return n.Name, err
}

func (w *wayEngine) ConnectNetwork(ctx context.Context, name, id string) error {
	return w.take(ctx, "connect "+id+" "+name)
}

func (w *wayEngine) Remove(ctx context.Context, id string) error {
	if ctx.Err() != nil {
		w.t.Errorf("remove %s with a context that has ended", id)
	}
	w.set(id, false)
	return nil
}

func (w *wayEngine) RemoveNetwork(_ context.Context, name string) error {
	w.set("network "+name, false)
	return nil
}

func newWay(t *testing.T) *wayEngine { return &wayEngine{t: t, there: map[string]bool{}} }

func TestStartWithAGateway(t *testing.T) {
	w := newWay(t)
	if _, err := Start(t.Context(), w, guardedPlan(), StartOptions{Detached: true}); err != nil {
		t.Fatal(err)
	}
	w.reading.Wait()
	if s, err := egress.ReadSetup(&w.told); err != nil || s.Session != "s" || len(s.Allow) != 1 {
		t.Errorf("told: %+v, %v", s, err)
	}
	if !w.there["dclaude-s"] || !w.there["dclaude-s-gateway"] || !w.there["network dclaude-s"] {
		t.Errorf("there: %v", w.there)
	}
	if !slices.Contains(w.calls, "connect dclaude-s-gateway bridge") || slices.Contains(w.calls, "connect dclaude-s bridge") {
		t.Errorf("calls: %v", w.calls)
	}
}

// A late gateway stays out of the way of its session's start.
func TestStartWithALateGateway(t *testing.T) {
	w := newWay(t)
	if _, err := Start(t.Context(), w, late(guardedPlan()), StartOptions{Detached: true}); err != nil {
		t.Fatal(err)
	}
	w.reading.Wait()
	started := slices.Index(w.calls, "start dclaude-s")
	if made := slices.Index(w.calls, "create dclaude-s-gateway"); started < 0 || made < started || !w.there["dclaude-s-gateway"] {
		t.Errorf("calls: %v", w.calls)
	}
}

// Whichever step fails, or is interrupted, nothing stays: no container, no
// gateway, no network.
func TestStartWithAGatewayThatFailsLeavesNothing(t *testing.T) {
	t.Run("at once", func(t *testing.T) { failEverywhere(t, guardedPlan()) })
	t.Run("late", func(t *testing.T) { failEverywhere(t, late(guardedPlan())) })
}

func late(p plan.Plan) plan.Plan {
	p.Gateway.Late = true
	return p
}

func failEverywhere(t *testing.T, p plan.Plan) {
	t.Helper()
	for _, call := range []string{
		"create network", "create dclaude-s-gateway", "connect dclaude-s-gateway bridge", "attach dclaude-s-gateway", "start dclaude-s-gateway",
		"create dclaude-s", "attach dclaude-s", "start dclaude-s",
	} {
		t.Run(call, func(t *testing.T) {
			w := newWay(t)
			w.fail = call
			if _, err := Start(t.Context(), w, p, StartOptions{Detached: true}); !engine.IsKind(err, engine.KindDiskFull) {
				t.Errorf("got %v", err)
			}
			if len(w.there) > 0 {
				t.Errorf("left: %v", w.there)
			}
		})
		t.Run("interrupted: "+call, func(t *testing.T) {
			w := newWay(t)
			ctx, interrupt := context.WithCancel(t.Context())
			w.fail, w.stop = call, interrupt
			if _, err := Start(ctx, w, p, StartOptions{Detached: true}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if len(w.there) > 0 {
				t.Errorf("left: %v", w.there)
			}
		})
	}
}

// A gateway that does not come up is a launch that fails, and says why.
func TestStartWithAGatewayThatEnds(t *testing.T) {
	w := newWay(t)
	w.says = "dclaude-gateway: no\n"
	if _, err := Start(t.Context(), w, guardedPlan(), StartOptions{Detached: true}); err == nil || !strings.Contains(err.Error(), "it ended at once, or the engine did: dclaude-gateway: no") {
		t.Errorf("got %v", err)
	}
	if len(w.there) > 0 {
		t.Errorf("left: %v", w.there)
	}
}

// Whoever asked for a gateway again may leave meanwhile: the session needs it.
func TestReviveIsSeenToItsEnd(t *testing.T) {
	for _, call := range []string{"create dclaude-s-gateway", "attach dclaude-s-gateway", "start dclaude-s-gateway"} {
		w := newWay(t)
		w.set("network dclaude-s", true)
		ctx, leave := context.WithCancel(t.Context())
		w.fail, w.stop = call, leave
		if err := Revive(ctx, w, guardedPlan().Gateway); err != nil || !w.there["dclaude-s-gateway"] {
			t.Errorf("left at %q: %v, there: %v", call, err, w.there)
		}
		w.reading.Wait()
	}
}

// One that does not come up is not left behind.
func TestReviveOfAGatewayThatEnds(t *testing.T) {
	w := newWay(t)
	w.set("network dclaude-s", true)
	w.says = "dclaude-gateway: no\n"
	if err := Revive(t.Context(), w, guardedPlan().Gateway); err == nil || !strings.Contains(err.Error(), "dclaude-gateway: no") || w.there["dclaude-s-gateway"] {
		t.Errorf("got %v, there: %v", err, w.there)
	}
}

func TestStartRefusesASetupThatNoGatewayTakes(t *testing.T) {
	p := guardedPlan()
	p.Gateway.Setup.Allow = []string{"a b"}
	w := newWay(t)
	if _, err := Start(t.Context(), w, p, StartOptions{Detached: true}); err == nil || !strings.Contains(err.Error(), "a name cannot contain") {
		t.Errorf("got %v", err)
	}
	if len(w.there) > 0 {
		t.Errorf("left: %v", w.there)
	}
}

func TestCloseGatewayWaitsForTheNetworkToBeFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := step{call: "remove network dclaude-s", err: failure(engine.KindInUse)}
		ctx, cancel := context.WithTimeout(t.Context(), cleanupTime)
		defer cancel()
		f := newFake(t, step{call: "remove dclaude-s-gateway"}, busy, busy, step{call: "remove network dclaude-s"})
		if err := CloseGateway(ctx, f, "s"); err != nil {
			t.Error(err)
		}
		f = newFake(t, step{call: "remove dclaude-s-gateway"}, step{call: "remove network dclaude-s", err: failure(engine.KindNotFound)})
		if err := CloseGateway(ctx, f, "s"); err != nil {
			t.Errorf("gone already: %v", err)
		}
		f = newFake(t, step{call: "remove dclaude-s-gateway", err: failure(engine.KindUnreachable)})
		if err := CloseGateway(ctx, f, "s"); err == nil || !strings.Contains(err.Error(), "left behind") {
			t.Errorf("unreachable: %v", err)
		}
		steps := []step{{call: "remove dclaude-s-gateway"}}
		for range networkAttempts {
			steps = append(steps, busy)
		}
		if err := CloseGateway(ctx, newFake(t, steps...), "s"); !engine.IsKind(err, engine.KindInUse) {
			t.Errorf("never free: %v", err)
		}
	})
}

// networksEngine has networks and sessions.
type networksEngine struct {
	cleanEngine
	networks []engine.Network
}

func (e *networksEngine) Networks(context.Context, map[string]string) ([]engine.Network, error) {
	return e.networks, e.fail["networks"]
}

func (e *networksEngine) RemoveNetwork(_ context.Context, id string) error {
	return e.take("network " + id)
}

func (e *networksEngine) Containers(context.Context, map[string]string) ([]engine.Container, error) {
	return e.containers, e.fail["list"]
}

func TestCleanNetworks(t *testing.T) {
	network := func(session string, age time.Duration) engine.Network {
		return engine.Network{Created: noon.Add(-age), Labels: map[string]string{plan.LabelSession: session}, Subnets: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/29")}}
	}
	live := made("1", plan.RoleSandbox, "running", time.Hour)
	live.Labels[plan.LabelSession] = "live"
	e := &networksEngine{
		networks:    []engine.Network{network("live", time.Hour), network("old", time.Hour), network("young", time.Second), network("stuck", time.Hour), network("", time.Hour)},
		cleanEngine: cleanEngine{containers: []engine.Container{live}, fail: map[string]error{"dclaude-stuck-gateway": failure(engine.KindOther)}},
	}
	n, err := CleanNetworks(t.Context(), e, noon)
	if n != 1 || err == nil || !slices.Equal(e.removed, []string{"dclaude-old-gateway", "network dclaude-old"}) {
		t.Errorf("%d removed: %v, %v", n, e.removed, err)
	}
	if got := Ranges(e.networks); len(got) != 5 {
		t.Errorf("ranges: %v", got)
	}
	e.networks = nil
	if n, err := CleanNetworks(t.Context(), e, noon); n != 0 || err != nil {
		t.Errorf("nothing there: %d, %v", n, err)
	}
}

func TestParseRoutes(t *testing.T) {
	text := "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
		"eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n" +
		"tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n" +
		"eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\nshort\n"
	want := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.1.0/24")}
	if got := parseRoutes([]byte(text)); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	m := LookAtMachine()
	if !slices.Contains(m.Addresses, netip.MustParsePrefix("127.0.0.1/32")) {
		t.Errorf("this machine: %+v", m)
	}
}
