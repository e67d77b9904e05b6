package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"dclaude/app/monitor"
	"dclaude/creds"
	"dclaude/launcher/egress"
	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
)

// engines reaches the engine that the settings mean, for the monitor.
type engines struct {
	sys      System
	settings *settings
	log      *slog.Logger

	mu      sync.Mutex
	product string // of the last one that answered
}

// endpoint is where the engine is.
func (e *engines) endpoint() (engine.Endpoint, error) {
	settings, _ := e.settings.now()
	return engine.ResolveEndpoint(engine.EndpointOptions{
		Context: settings.Context, Host: settings.Host, Getenv: e.sys.variable, Home: e.sys.home(),
	})
}

func (e *engines) dial(ctx context.Context) (*engine.Engine, error) {
	endpoint, err := e.endpoint()
	if err != nil {
		return nil, err
	}
	return engine.Connect(ctx, endpoint)
}

func (e *engines) connect(ctx context.Context) (monitor.Connection, error) {
	settings, _ := e.settings.now()
	client, err := e.dial(ctx)
	if err != nil {
		return nil, err
	}
	info, err := client.Info(ctx)
	if err != nil {
		client.Close()
		return nil, err
	}
	e.mu.Lock()
	e.product = info.Product
	e.mu.Unlock()
	sum := sha256.Sum256([]byte(client.Endpoint().Host))
	dir := filepath.Join(e.sys.stateDir(), "engines", hex.EncodeToString(sum[:6]))
	return &connection{
		client: client, info: info, isolation: settings.Isolation,
		records: session.Records{Dir: filepath.Join(dir, "sessions")},
		probes:  session.Probes{Dir: dir},
		compat:  session.Compat{Dir: dir},
		outages: outages{},
		log:     e.log,
	}, nil
}

// last is the product of the engine that answered last.
func (e *engines) last() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.product
}

// explain describes why there is no engine.
func (e *engines) explain(err error) monitor.Engine {
	e.mu.Lock()
	described := monitor.Engine{State: monitor.EngineDown, Product: e.product, Problem: oneLine(err.Error()), Hint: oneLine(hintOf(err))}
	e.mu.Unlock()
	var failure *engine.Error
	if errors.As(err, &failure) {
		if failure.Product != "" {
			described.Product = failure.Product
		}
		switch failure.Kind {
		case engine.KindUnreachable, engine.KindConnectionLost, engine.KindTimeout:
		default:
			described.State = monitor.EngineUnusable
		}
	} else if hintOf(err) != "" {
		described.State = monitor.EngineUnusable // a context that is not there, say
	}
	described.CanStart = described.State == monitor.EngineDown && startable(described.Product, runtime.GOOS) != ""
	return described
}

// startable is the application to open for a product on an operating system, or
// "".
func startable(product, goos string) string {
	if goos != "darwin" {
		return ""
	}
	switch {
	case strings.HasPrefix(product, engine.DockerDesktop):
		return "Docker"
	case strings.HasPrefix(product, engine.OrbStack):
		return "OrbStack"
	case strings.HasPrefix(product, engine.RancherDesktop):
		return "Rancher Desktop"
	}
	return ""
}

// connection is an engine that answers.
type connection struct {
	client    *engine.Engine
	info      engine.Info
	isolation string
	records   session.Records
	probes    session.Probes
	compat    session.Compat
	outages   outages
	log       *slog.Logger
}

// outages are the sessions that have been seen with a gateway.
type outages map[string]bool

// launchTime is how long a session can run before its gateway: both are started
// at the same time.
const launchTime = 20 * time.Second

// offline reports whether a session has lost its gateway, and is not one that
// is still being started.
func (o outages) offline(s session.Session, now time.Time) bool {
	if !s.Offline {
		o[s.ID] = true
		return false
	}
	return o[s.ID] || now.Sub(s.Created) > launchTime
}

// Describe implements monitor.Connection.
func (c *connection) Describe(context.Context) (monitor.Engine, monitor.Isolation, error) {
	product := c.info.Product
	if product == engine.DockerEngine {
		product += " " + c.info.ServerVersion
	}
	return monitor.Engine{State: monitor.EngineRunning, Product: product}, isolationOf(c.isolation, c.probes.Proved(c.info)), nil
}

// isolationOf tells what a session would run under, as far as that was proved
// before.
func isolationOf(setting string, proved []string) monitor.Isolation {
	if setting == "runc" {
		return monitor.Isolation{Way: "runc", Reason: `the setting isolation is "runc"`}
	}
	for _, way := range []string{"runsc", "nested"} {
		if slices.Contains(proved, way) && (setting != "runsc" && setting != "nested" || setting == way) {
			return monitor.Isolation{Way: way, Proved: true}
		}
	}
	return monitor.Isolation{}
}

// Sessions implements monitor.Connection.
func (c *connection) Sessions(ctx context.Context) ([]monitor.Session, error) {
	all, err := session.List(ctx, c.client)
	if err != nil {
		return nil, err
	}
	if err := session.FindOffline(ctx, c.client, all); err != nil {
		return nil, err
	}
	var out []monitor.Session
	for _, s := range all {
		if !s.Running() {
			continue
		}
		shown := monitor.Session{
			Name: s.Name, Project: s.Project, Container: s.ID, Created: s.Created, Isolation: s.Isolation, Network: s.Network,
			OnHost: creds.Source(s.Login) == creds.SourceHost, Offline: c.outages.offline(s, time.Now()),
		}
		// What cannot be read was not learned.
		if record, err := c.records.Load(s.Name, s.ID); err == nil {
			shown.Observed, shown.GVisor = record.Kernel != "", session.IsGVisor(record.Kernel)
			if record.Login != nil {
				shown.Token = record.Login.Fingerprint
			}
		}
		out = append(out, shown)
	}
	return out, nil
}

// Update implements monitor.Connection.
func (c *connection) Update() monitor.Update {
	r := c.compat.Latest()
	return monitor.Update{Failed: r.At, Why: oneLine(r.Why)}
}

// Traffic implements monitor.Connection. Only what comes is told, not what was
// before the app started.
func (c *connection) Traffic(ctx context.Context, report func(monitor.Event)) {
	err := session.NetLog(ctx, c.client, session.NetLogOptions{Follow: true}, func(e egress.Event) {
		if told, ok := eventOf(e); ok {
			report(told)
		}
	})
	if err != nil && ctx.Err() == nil {
		c.log.Warn("the gateways are not followed any more", "cause", err.Error())
	}
}

// eventOf picks what the monitor wants to hear. Of what was blocked that is only
// what a permission would let through.
func eventOf(e egress.Event) (monitor.Event, bool) {
	told := monitor.Event{Session: e.Session, Host: e.Host, Port: int(e.Port)}
	switch e.Kind {
	case egress.KindTunnel, egress.KindHTTP:
		told.Kind = monitor.HostBlocked
		return told, e.Verdict == egress.VerdictBlocked && (e.Reason == egress.NotAllowed || e.Reason == egress.BadPort)
	case egress.KindHook:
		switch e.Hook {
		case egress.HookWaiting:
			told.Kind = monitor.ClaudeWaits
			return told, true
		case egress.HookFinished:
			told.Kind = monitor.ClaudeFinished
			return told, true
		}
	case egress.KindPolicy:
		rule, err := egress.ParseRule(e.Host)
		if err != nil || e.Change != egress.OpAllow && e.Change != egress.OpOnce {
			return told, false
		}
		told.Kind, told.Host, told.Port = monitor.HostAllowed, rule.Host, int(rule.Port)
		switch {
		case rule.Any:
			told.Host = "*"
		case rule.Below:
			told.Host = "*." + rule.Host
		case rule.Host == "":
			told.Host = rule.Prefix.String()
		}
		return told, true
	}
	return told, false
}

// Close implements monitor.Connection.
func (c *connection) Close() { c.client.Close() }

// telling are the engine's events that change the list of sessions, or whether
// one has its gateway.
func telling(e engine.Event) bool {
	if role := e.Labels[plan.LabelRole]; role != plan.RoleSandbox && role != plan.RoleGateway {
		return false
	}
	switch e.Action {
	case "start", "die", "destroy", "pause", "unpause", "rename":
		return true
	}
	return false
}

// Watch implements monitor.Connection: it follows the engine's events, and the
// folder in which other dclaude processes leave what they learn of sessions.
func (c *connection) Watch(ctx context.Context) (<-chan struct{}, error) {
	if err := os.MkdirAll(c.records.Dir, 0o700); err != nil {
		return nil, err
	}
	events, _ := c.client.Events(ctx, map[string]string{plan.LabelRole: ""})
	learned, err := watchFolder(ctx, c.records.Dir, func(name string) bool { return strings.HasSuffix(name, ".json") })
	if err != nil {
		return nil, err
	}
	tried, err := watchFolder(ctx, c.compat.Dir, func(name string) bool { return name == session.CompatFile })
	if err != nil {
		return nil, err
	}
	changes := make(chan struct{}, 1)
	go func() {
		defer close(changes)
		for {
			select {
			case e, ok := <-events:
				if !ok {
					return
				}
				if !telling(e) {
					continue
				}
			case <-learned:
			case <-tried:
			case <-ctx.Done():
				return
			}
			select {
			case changes <- struct{}{}:
			default: // one that waits says it already
			}
		}
	}()
	return changes, nil
}

// watchSocket has check called when the engine's socket appears.
func (e *engines) watchSocket(ctx context.Context, check func()) error {
	endpoint, err := e.endpoint()
	if err != nil {
		return err
	}
	path, ok := strings.CutPrefix(endpoint.Host, "unix://")
	if !ok {
		return nil
	}
	appeared, err := watchFolder(ctx, filepath.Dir(path), func(name string) bool { return name == filepath.Base(path) })
	if err != nil {
		return err
	}
	for {
		select {
		case <-appeared:
			check()
		case <-ctx.Done():
			return nil
		}
	}
}

// watchFolder returns a channel with a value after changes of the files of a
// folder whose names concern the caller.
func watchFolder(ctx context.Context, dir string, concerns func(name string) bool) (<-chan struct{}, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	if err := watcher.Add(dir); err != nil {
		return nil, errors.Join(err, watcher.Close())
	}
	changed := make(chan struct{}, 1)
	go func() {
		defer func() { _ = watcher.Close() }()
		for {
			select {
			case e, ok := <-watcher.Events:
				if !ok {
					return
				}
				if e.Has(fsnotify.Chmod) || !concerns(filepath.Base(e.Name)) {
					continue
				}
			case _, ok := <-watcher.Errors: // events were lost
				if !ok {
					return
				}
			case <-ctx.Done():
				return
			}
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	}()
	return changed, nil
}

// oneLine is the first line of a text.
func oneLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
