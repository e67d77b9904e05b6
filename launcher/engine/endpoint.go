package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/cli/cli/config"
	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/docker"
	"github.com/moby/moby/client"
)

// EndpointOptions says where to look for the engine's address.
type EndpointOptions struct {
	// Context and Host are the values of --context and --host; at most one.
	Context string
	Host    string
	// Getenv reads the environment; nil is os.Getenv.
	Getenv func(string) string
	// Home is the user's home directory; empty asks the system.
	Home string
	// ConfigDir is the docker CLI's configuration directory; empty takes
	// DOCKER_CONFIG, else .docker in Home.
	ConfigDir string
}

// Endpoint is where an engine listens.
type Endpoint struct {
	// Host is the engine's address as a URL: unix://, tcp:// or ssh://.
	Host string
	// Source says in words for a person why this one, for instance
	// `context "orbstack"` or "DOCKER_HOST".
	Source string
	// Product is a guess from the address of what listens there.
	Product string

	configDir  string
	tls        *dockercontext.TLSData
	skipVerify bool
}

// defaultContext is the docker CLI's name for "no context": DOCKER_HOST, else
// the default socket.
const defaultContext = "default"

// ResolveEndpoint finds the engine in the order of the docker CLI: the context
// flag, the host flag, DOCKER_HOST, DOCKER_CONTEXT, the current context of
// config.json, the default socket. If that socket does not exist, it takes the
// first known socket of another product. The error is an [*Error] of
// KindBadEndpoint or, for an engine on another machine, KindRemote.
func ResolveEndpoint(opts EndpointOptions) (Endpoint, error) {
	r, err := newResolver(opts)
	if err != nil {
		return Endpoint{}, badEndpoint("", "", err)
	}
	return r.resolve(opts.Context, opts.Host)
}

type resolver struct {
	getenv    func(string) string
	home      string
	configDir string
	// fallback is the address when nothing else says one.
	fallback string
}

func newResolver(opts EndpointOptions) (*resolver, error) {
	r := &resolver{getenv: opts.Getenv, home: opts.Home, configDir: opts.ConfigDir, fallback: client.DefaultDockerHost}
	if r.getenv == nil {
		r.getenv = os.Getenv
	}
	if r.home == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("find the home directory: %w", err)
		}
		r.home = home
	}
	if r.configDir == "" {
		r.configDir = r.getenv(config.EnvOverrideConfigDir)
	}
	if r.configDir == "" {
		r.configDir = filepath.Join(r.home, ".docker")
	}
	return r, nil
}

func (r *resolver) resolve(contextFlag, hostFlag string) (Endpoint, error) {
	envHost := r.getenv(client.EnvOverrideHost)
	switch {
	case contextFlag != "" && hostFlag != "":
		return Endpoint{}, badEndpoint(hostFlag, "--host", errors.New("--host and --context exclude each other"))
	case contextFlag != "":
		return r.fromContext(contextFlag, "--context")
	case hostFlag != "":
		return r.fromHost(hostFlag, "--host")
	case envHost != "":
		return r.fromHost(envHost, client.EnvOverrideHost)
	}
	if name := r.getenv("DOCKER_CONTEXT"); name != "" {
		return r.fromContext(name, "DOCKER_CONTEXT")
	}
	cfg, err := config.Load(r.configDir)
	if err != nil {
		return Endpoint{}, badEndpoint("", "", err)
	}
	if cfg.CurrentContext != "" {
		return r.fromContext(cfg.CurrentContext, "current context")
	}
	return r.fromDefault()
}

// fromContext takes the address and the TLS files of a stored context. why is
// the place that named it.
func (r *resolver) fromContext(name, why string) (Endpoint, error) {
	if name == defaultContext {
		if host := r.getenv(client.EnvOverrideHost); host != "" {
			return r.fromHost(host, client.EnvOverrideHost)
		}
		return r.fromDefault()
	}
	source := fmt.Sprintf("context %q", name)
	s := r.contextStore()
	meta, err := s.GetMetadata(name)
	if cerrdefs.IsNotFound(err) {
		return Endpoint{}, badEndpoint("", source, fmt.Errorf("there is no such context, but %s asks for it", why))
	}
	if err != nil {
		return Endpoint{}, badEndpoint("", source, fmt.Errorf("%s: %w", why, err))
	}
	found, err := docker.EndpointFromContext(meta)
	if err != nil {
		return Endpoint{}, badEndpoint("", source, err)
	}
	if found.Host == "" {
		return r.fromDefault()
	}
	ep, err := r.checked(found.Host, source)
	if err != nil {
		return Endpoint{}, err
	}
	with, err := docker.WithTLSData(s, name, found)
	if err != nil {
		return Endpoint{}, badEndpoint(ep.Host, source, err)
	}
	ep.tls, ep.skipVerify = with.TLSData, found.SkipTLSVerify
	if p := productOfContext(name); p != "" {
		ep.Product = p
	}
	return ep, nil
}

// fromHost takes an address that was given as such. TLS is then a matter of
// the environment, as it is for the docker CLI.
func (r *resolver) fromHost(host, source string) (Endpoint, error) {
	ep, err := r.checked(host, source)
	if err != nil {
		return Endpoint{}, err
	}
	verify := r.getenv(client.EnvTLSVerify) != ""
	if schemeOf(ep.Host) != "tcp" || (!verify && r.getenv("DOCKER_TLS") == "") {
		return ep, nil
	}
	dir := r.getenv(client.EnvOverrideCertPath)
	if dir == "" {
		dir = r.configDir
	}
	ep.skipVerify = !verify
	ep.tls, err = dockercontext.TLSDataFromFiles(
		existing(dir, "ca.pem", verify), existing(dir, "cert.pem", false), existing(dir, "key.pem", false))
	if err != nil {
		return Endpoint{}, badEndpoint(ep.Host, source, fmt.Errorf("TLS files: %w", err))
	}
	return ep, nil
}

func (r *resolver) checked(host, source string) (Endpoint, error) {
	host, err := checkHost(host, source)
	if err != nil {
		return Endpoint{}, err
	}
	return Endpoint{Host: host, Source: source, Product: productOfHost(host), configDir: r.configDir}, nil
}

// existing returns the path of a file, or "" if it is optional and missing.
func existing(dir, name string, required bool) string {
	path := filepath.Join(dir, name)
	if !required {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return ""
		}
	}
	return path
}
