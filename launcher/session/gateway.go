package session

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// GatewayMaker is what a session's way out needs of an engine.
type GatewayMaker interface {
	creator
	CreateNetwork(ctx context.Context, n engine.Network) (id string, err error)
	ConnectNetwork(ctx context.Context, name, id string) error
	RemoveNetwork(ctx context.Context, id string) error
	Attach(ctx context.Context, id string, o engine.AttachOptions) (*engine.Stream, error)
	Start(ctx context.Context, id string) error
}

// opening is a way out that is being made while its session is. A nil one, of
// a session without a gateway, has nothing to wait for.
type opening struct {
	e       GatewayMaker
	gateway *plan.Gateway
	cancel  context.CancelFunc
	// begun is closed when the session's container runs.
	begun chan struct{}
	// network and all are closed when the network, and everything, is there,
	// or has failed.
	network, all  chan struct{}
	netErr, mkErr error
}

// open begins to make a way out.
func open(ctx context.Context, e GatewayMaker, g *plan.Gateway) *opening {
	if g == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	o := &opening{e: e, gateway: g, cancel: cancel, begun: make(chan struct{}), network: make(chan struct{}), all: make(chan struct{})}
	go func() {
		defer close(o.network)
		o.netErr = createNetwork(ctx, e, g.Network)
	}()
	go func() {
		defer close(o.all)
		defer func() { <-o.network }()
		if g.Late {
			select {
			case <-o.begun:
			case <-ctx.Done():
				o.mkErr = ctx.Err()
				return
			}
		}
		if o.mkErr = o.run(ctx); o.mkErr != nil {
			o.mkErr = fmt.Errorf("start the session's gateway: %w", o.mkErr)
		}
	}()
	return o
}

// run makes the gateway's container and starts it, once there is the network.
func (o *opening) run(ctx context.Context) error {
	text, err := o.gateway.Setup.Encode()
	if err != nil {
		return err
	}
	c := o.gateway.Container
	id, err := create(ctx, o.e, c)
	if err != nil {
		return err
	}
	// It starts with both networks: its routes are then right from the start.
	if err := o.e.ConnectNetwork(ctx, o.gateway.Egress, id); err != nil {
		return err
	}
	stream, err := o.e.Attach(ctx, id, engine.AttachOptions{})
	if err != nil {
		return err
	}
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	if <-o.network; o.netErr != nil {
		return nil // told once, by the network
	}
	if err := o.e.Start(ctx, id); err != nil {
		return err
	}
	if _, err := stream.Write(text); err != nil {
		return err
	}
	if err := stream.CloseWrite(); err != nil {
		return err
	}
	return serving(ctx, stream)
}

// awaitNetwork waits until the session's container can be started on it.
func (o *opening) awaitNetwork(ctx context.Context) error {
	if o == nil {
		return nil
	}
	if <-o.network; ctx.Err() != nil {
		return ctx.Err()
	}
	return o.netErr
}

// begin says that the session's container runs.
func (o *opening) begin() {
	if o != nil {
		close(o.begun)
	}
}

// await waits for all of it.
func (o *opening) await(ctx context.Context) error {
	if o == nil {
		return nil
	}
	if <-o.all; ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(o.netErr, o.mkErr)
}

// undo removes what was made, after the session's own container has gone.
func (o *opening) undo(ctx context.Context) error {
	if o == nil {
		return nil
	}
	o.cancel()
	<-o.all
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	return CloseGateway(ctx, o.e, o.gateway.Setup.Session)
}

// Revive makes the gateway of a running session again, on the network that is
// still there, in place of one that has died. The session's init finds it.
func Revive(ctx context.Context, e GatewayMaker, g *plan.Gateway) error {
	if err := e.Remove(ctx, g.Container.Name); err != nil {
		return err
	}
	o := &opening{e: e, gateway: g, network: make(chan struct{})}
	close(o.network)
	// Who leaves the session meanwhile would leave it offline.
	waiting, cancel := linger(ctx, cleanupTime)
	defer cancel()
	err := o.run(waiting)
	if err != nil {
		err = errors.Join(fmt.Errorf("start the gateway of session %s again: %w", g.Setup.Session, err), remove(ctx, e, g.Container.Name, g.Container.Name))
	}
	return err
}

func createNetwork(ctx context.Context, e GatewayMaker, n plan.Network) error {
	waiting, cancel := linger(ctx, cleanupTime)
	defer cancel()
	_, err := e.CreateNetwork(waiting, engine.Network{
		Name: n.Name, Labels: n.Labels, Internal: true, NoHost: true, Subnets: []netip.Prefix{n.Subnet},
	})
	return err
}

// GatewayCloser is what removing a session's way out needs of an engine.
type GatewayCloser interface {
	Remove(ctx context.Context, id string) error
	RemoveNetwork(ctx context.Context, id string) error
}

// The engine takes a moment to let go of a network after its last container.
const (
	networkAttempts = 20
	networkPause    = 100 * time.Millisecond
)

// CloseGateway removes the way out of a session that has ended. A session that
// had none, or whose gateway has gone by itself, is no error.
func CloseGateway(ctx context.Context, e GatewayCloser, session string) error {
	if err := e.Remove(ctx, plan.GatewayName(session)); err != nil {
		return fmt.Errorf("the gateway of session %s is left behind, until a later launch: %w", session, err)
	}
	for attempt := 1; ; attempt++ {
		err := e.RemoveNetwork(ctx, plan.ContainerName(session))
		switch {
		case err == nil, engine.IsKind(err, engine.KindNotFound):
			return nil
		case !engine.IsKind(err, engine.KindInUse) || attempt == networkAttempts:
			return fmt.Errorf("the network of session %s is left behind, until a later launch: %w", session, err)
		}
		select {
		case <-time.After(networkPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// NetworkCleaner is what clearing up networks needs of an engine.
type NetworkCleaner interface {
	GatewayCloser
	Lister
	Networks(ctx context.Context, labels map[string]string) ([]engine.Network, error)
}

// startingTime is how long a network can be there before its session's
// container: both are made at the same time.
const startingTime = 2 * time.Minute

// CleanNetworks removes the gateways and networks of sessions that are no more,
// and returns how many went. now is by the clock of this machine.
func CleanNetworks(ctx context.Context, e NetworkCleaner, now time.Time) (removed int, err error) {
	networks, err := e.Networks(ctx, map[string]string{plan.LabelRole: plan.RoleNetwork})
	if err != nil || len(networks) == 0 {
		return 0, err
	}
	live, err := List(ctx, e)
	if err != nil {
		return 0, err
	}
	has := map[string]bool{}
	for _, s := range live {
		has[s.Name] = true
	}
	for _, n := range networks {
		name := n.Labels[plan.LabelSession]
		if has[name] || name == "" || now.Sub(n.Created) < startingTime {
			continue
		}
		if failure := CloseGateway(ctx, e, name); failure != nil {
			err = errors.Join(err, failure)
			continue
		}
		removed++
	}
	return removed, err
}

// Ranges are the addresses that an engine's networks use.
func Ranges(networks []engine.Network) []netip.Prefix {
	var used []netip.Prefix
	for _, n := range networks {
		used = append(used, n.Subnets...)
	}
	return used
}
