package engine

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/docker/cli/cli/context/docker"
	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"
)

// MinAPIVersion is the oldest engine API that is supported, that of Docker
// Engine 20.10.
const MinAPIVersion = "1.41"

// pingTimeout is how long Connect waits for an engine that accepts the
// connection and then says nothing. Products that start on demand need a few
// seconds.
const pingTimeout = 30 * time.Second

// Engine is a connection to a container engine.
type Engine struct {
	api      *client.Client
	endpoint Endpoint
	product  string
	osType   string
}

// Connect reaches the engine with a single ping, which also settles the API
// version. Errors are of KindUnreachable, KindPermission, KindTooOld,
// KindTimeout, KindCancelled or KindBadEndpoint.
func Connect(ctx context.Context, ep Endpoint) (*Engine, error) {
	e := &Engine{endpoint: ep, product: ep.Product}
	if e.product == "" {
		e.product = productOfHost(ep.Host)
	}
	var server atomic.Pointer[string]
	opts, err := clientOptions(ep)
	if err != nil {
		return nil, badEndpoint(ep.Host, ep.Source, err)
	}
	opts = append(opts, client.WithHTTPResponseHook(func(r *http.Response) {
		header := r.Header.Get("Server")
		server.CompareAndSwap(nil, &header)
	}))
	if e.api, err = client.New(opts...); err != nil {
		return nil, badEndpoint(ep.Host, ep.Source, err)
	}
	if err := e.ping(ctx); err != nil {
		e.Close()
		return nil, err
	}
	if header := server.Load(); header != nil {
		if p := productOfServer(*header); p != "" {
			e.product = p
		}
	}
	return e, nil
}

// ping settles the API version and refuses an engine that is too old. It is
// forced, so that DOCKER_API_VERSION is an upper bound and not a pin.
func (e *Engine) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	pong, err := e.api.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true, ForceNegotiate: true})
	switch {
	case pong.APIVersion != "" && versions.LessThan(pong.APIVersion, MinAPIVersion):
		return e.tooOld(pong.APIVersion)
	case err != nil:
		return e.fail(opConnect, "", err)
	case versions.LessThan(e.api.ClientVersion(), MinAPIVersion):
		return e.tooOld(e.api.ClientVersion())
	}
	e.osType = pong.OSType
	return nil
}

func (e *Engine) tooOld(version string) error {
	return &Error{Kind: KindTooOld, Op: opConnect, Product: e.product, Endpoint: e.endpoint.Host,
		Err: fmt.Errorf("%s speaks API %s, DClaude needs %s (Docker Engine 20.10) or newer", e.product, version, MinAPIVersion)}
}

// clientOptions turns an endpoint into options of the client, by docker/cli's
// rules for TLS and ssh.
func clientOptions(ep Endpoint) ([]client.Opt, error) {
	meta := docker.Endpoint{TLSData: ep.tls}
	meta.Host, meta.SkipTLSVerify = ep.Host, ep.skipVerify
	opts, err := meta.ClientOpts()
	if err != nil {
		return nil, err
	}
	if path := socketPath(ep.Host); path != "" {
		opts = append(opts, client.WithDialContext(dialSocket(path)))
	}
	return opts, nil
}

// dialSocket replaces the client's own dialling, whose errors keep their text
// only: who is told "permission denied" has to be told by errno.
func dialSocket(path string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "unix", path)
		if err != nil && ctx.Err() == nil {
			return nil, &dialError{cause: err}
		}
		return conn, err
	}
}

// Close drops idle connections. Streams that are open stay open.
func (e *Engine) Close() { _ = e.api.Close() }

// Endpoint returns where the engine listens.
func (e *Engine) Endpoint() Endpoint { return e.endpoint }

// Product returns the name of the engine for messages, as far as it is known
// without asking; Info knows it better.
func (e *Engine) Product() string { return e.product }
