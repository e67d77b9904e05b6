package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"dclaude/launcher/egress"
)

// layout is where a gateway keeps things in its container, all of it in memory.
type layout struct {
	setup  string // what the launcher said; may hold a proxy's password
	state  string // the policy as it was changed since
	socket string // takes changes
}

func layoutIn(dir string) layout {
	return layout{
		setup:  filepath.Join(dir, "setup.json"),
		state:  filepath.Join(dir, "state.json"),
		socket: filepath.Join(dir, "control.sock"),
	}
}

// runDir is the one folder of the container that can be written.
const runDir = "/run"

// Main runs the gateway: args without the program's own name. Without any it
// reads its setup from the standard input and serves until its session ends;
// "serve" is the part of it that is started anew should it fail; "control"
// passes on a change. It returns the exit code.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	l := layoutIn(runDir)
	var err error
	switch {
	case len(args) == 0:
		err = supervise(ctx, l, os.Stdin, os.Stdout)
	case args[0] == "serve":
		err = work(ctx, l, os.Stdout)
	case args[0] == "control":
		err = control(l, os.Stdin, os.Stdout)
	default:
		err = fmt.Errorf("unknown command %q", args[0])
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "dclaude-gateway: %v\n", err)
		return 1
	}
	return 0
}

// work serves until the session ends.
func work(ctx context.Context, l layout, log io.Writer) error {
	setup, err := readSetup(l)
	if err != nil {
		return err
	}
	journal := NewJournal(log, setup.Session, time.Now)
	defer journal.Close()
	s, err := New(Options{
		Setup:    setup,
		Limits:   DefaultLimits(),
		Resolver: &net.Resolver{PreferGo: true},
		Dialer:   &net.Dialer{},
		Journal:  journal,
		Changed:  func(live egress.Live) { l.saveState(live) },
	})
	if err != nil {
		return err
	}
	live, ok, err := l.loadState()
	if err != nil {
		return err
	}
	if ok {
		s.Restore(live)
	}
	return s.Serve(ctx, l.socket)
}

// Serve listens on the gateway's address and on the control socket, and serves
// until the session is over or something fails.
func (s *Server) Serve(ctx context.Context, socket string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	listen := func(port int, serve func(context.Context, net.Listener) error) error {
		l, err := net.Listen("tcp", at(s.setup.Address, port))
		if err != nil {
			return err
		}
		group.Go(func() error { return serve(ctx, l) })
		return nil
	}
	packets, err := new(net.ListenConfig).ListenPacket(ctx, "udp", at(s.setup.Address, egress.PortDNS))
	if err != nil {
		return err
	}
	group.Go(func() error { return s.ServeDNS(ctx, packets) })
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	controls, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	group.Go(func() error { return s.ServeControl(ctx, controls) })
	err = errors.Join(
		listen(egress.PortDNS, s.ServeDNSStream),
		listen(egress.PortProxy, s.ServeProxy),
		listen(egress.PortLifeline, func(ctx context.Context, l net.Listener) error {
			defer cancel() // the session is over, and so is this
			return s.ServeLifeline(ctx, l)
		}))
	if err != nil {
		cancel()
		return errors.Join(err, group.Wait())
	}
	s.knock()
	s.journal.Add(egress.Event{Kind: egress.KindGateway, Gateway: egress.GatewayStarted})
	return group.Wait()
}

// portDiscard is for datagrams that nobody reads (RFC 863).
const portDiscard = 9

// knock has the session's kernel know that this gateway is there. A session that
// was first has asked for it (ARP) when nobody could answer, and holds its
// connection back until it asks again, a second later. A datagram in the other
// direction, whose way has to be asked for, too, tells it: a kernel takes note of
// who asks for it.
func (s *Server) knock() {
	if !s.setup.Sandbox.IsValid() {
		return
	}
	conn, err := net.Dial("udp", at(s.setup.Sandbox, portDiscard)) // it does not wait
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("\n"))
}

func at(a netip.Addr, port int) string { return net.JoinHostPort(a.String(), strconv.Itoa(port)) }

func readSetup(l layout) (egress.Setup, error) {
	f, err := os.Open(l.setup)
	if err != nil {
		return egress.Setup{}, err
	}
	defer f.Close()
	return egress.ReadSetup(f)
}

// saveState keeps the policy for the case that this process fails.
func (l layout) saveState(live egress.Live) {
	b, err := json.Marshal(live.State())
	if err != nil {
		return
	}
	if os.WriteFile(l.state+".new", b, 0o600) == nil {
		_ = os.Rename(l.state+".new", l.state)
	}
}

// loadState takes up what saveState kept. Without it what was forbidden since
// the start would be allowed again, so one that cannot be read is an error.
func (l layout) loadState() (live egress.Live, ok bool, err error) {
	var s egress.State
	b, err := os.ReadFile(l.state)
	if errors.Is(err, fs.ErrNotExist) {
		return egress.Live{}, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err == nil {
		live, err = s.Live()
	}
	if err != nil {
		return egress.Live{}, false, fmt.Errorf("the policy that was kept: %w", err)
	}
	return live, true, nil
}
