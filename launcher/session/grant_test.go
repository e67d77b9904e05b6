package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dclaude/launcher/egress"
	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// gateways is an engine with sessions and their gateways.
type gateways struct {
	mu       sync.Mutex
	sessions []engine.Container
	live     map[string]egress.Live // by the gateway's name
	fail     map[string]error
	answer   string
}

func (g *gateways) Containers(_ context.Context, labels map[string]string) ([]engine.Container, error) {
	return g.sessions, g.fail["list"]
}

func (g *gateways) Exec(_ context.Context, id string, r engine.ExecRequest) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.fail[id]; err != nil {
		return 0, err
	}
	if !slices.Equal(r.Command, []string{"/dclaude-gateway", "control"}) || r.User != "65534:65534" || len(r.Env) != 0 {
		return 0, fmt.Errorf("unexpected %+v", r)
	}
	if g.answer != "" {
		_, err := io.WriteString(r.Stdout, g.answer)
		return 0, err
	}
	var c egress.Change
	if err := json.NewDecoder(r.Stdin).Decode(&c); err != nil {
		return 0, err
	}
	next, err := g.live[id].Apply(c)
	if err != nil {
		return 0, err
	}
	g.live[id] = next
	return 0, json.NewEncoder(r.Stdout).Encode(next.State())
}

func guarded(name, project, network, state string) engine.Container {
	return engine.Container{ID: name, State: state, Labels: map[string]string{
		plan.LabelRole: plan.RoleSandbox, plan.LabelSession: name, plan.LabelProject: project, plan.LabelNetwork: network,
	}}
}

func newGateways() *gateways {
	return &gateways{live: map[string]egress.Live{}, fail: map[string]error{}, sessions: []engine.Container{
		guarded("a", "/p", "allowlist", "running"), guarded("b", "/p", "allowlist", "running"), guarded("c", "/q", "allowlist", "running"),
		guarded("open", "/p", "open", "running"), guarded("made", "/p", "allowlist", "created"),
	}}
}

// kept is a Keeper that notes what it is told.
type kept struct{ changes []string }

func (k *kept) Change(project string, c egress.Change) error {
	k.changes = append(k.changes, fmt.Sprintf("%s %s %s", project, c.Op, strings.Join(c.Rules, " ")))
	return nil
}

func TestApplyReachesWhomItConcerns(t *testing.T) {
	for _, tt := range []struct {
		grant   Grant
		reached string
		kept    string
		state   string // of gateway a
	}{
		{Grant{Rules: []string{"x.example"}, Scope: ThisSession, Session: "a"}, "a", "", "allow x.example"},
		{Grant{Rules: []string{"x.example"}, Scope: Once, Session: "a"}, "a", "", "once x.example"},
		{Grant{Rules: []string{"x.example"}, Scope: ThisProject, Project: "/p"}, "a b", "/p allow x.example", "allow x.example"},
		{Grant{Rules: []string{"x.example"}, Scope: AllFromNowOn}, "a b c", " allow x.example", "allow x.example"},
		{Grant{Rules: []string{"x.example"}, Scope: AllFromNowOn, Deny: true}, "a b c", " deny x.example", "deny x.example"},
	} {
		g, k := newGateways(), &kept{}
		reached, err := Apply(t.Context(), g, k, tt.grant)
		if err != nil || strings.Join(reached, " ") != tt.reached || strings.Join(k.changes, ";") != tt.kept {
			t.Errorf("%+v: reached %v, kept %v, %v", tt.grant, reached, k.changes, err)
		}
		s := g.live["dclaude-a-gateway"].State()
		got := "allow " + strings.Join(s.Allow, " ")
		switch {
		case len(s.Once) > 0:
			got = "once " + strings.Join(s.Once, " ")
		case len(s.Deny) > 0:
			got = "deny " + strings.Join(s.Deny, " ")
		}
		if got != tt.state {
			t.Errorf("%+v: %s", tt.grant, got)
		}
	}
}

func TestApplyThatFails(t *testing.T) {
	g, k := newGateways(), &kept{}
	g.fail["dclaude-a-gateway"] = failure(engine.KindNotFound)
	var none *NoGateway
	reached, err := Apply(t.Context(), g, k, Grant{Rules: []string{"x.example"}, Scope: AllFromNowOn})
	if !errors.As(err, &none) || none.Session != "a" || none.Hint() == "" || !slices.Equal(reached, []string{"b", "c"}) || len(k.changes) != 1 {
		t.Errorf("a gateway that has died: %v, %v", reached, err)
	}
	if _, err := Apply(t.Context(), g, k, Grant{Rules: []string{"x.example"}, Scope: ThisSession, Session: "a"}); !errors.As(err, &none) {
		t.Errorf("the one that has died: %v", err)
	}
	if _, err := Apply(t.Context(), g, k, Grant{Scope: "for ever"}); err == nil {
		t.Error("a scope that there is not")
	}
	g.answer = "rubbish"
	if _, err := ChangePolicy(t.Context(), g, "b", egress.Change{Op: egress.OpShow}); err == nil {
		t.Error("rubbish is an answer")
	}
	g.answer = `{"error":"too many"}`
	if _, err := ChangePolicy(t.Context(), g, "b", egress.Change{Op: egress.OpShow}); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("an error: %v", err)
	}
}

// logs is an engine whose gateways have logs.
type logs struct {
	gateways
	text    map[string]string // by container
	started chan engine.Event
	broken  chan error
}

func (l *logs) Events(context.Context, map[string]string) (<-chan engine.Event, <-chan error) {
	return l.started, l.broken
}

func (l *logs) Logs(ctx context.Context, id string, o engine.LogOptions, out io.Writer) error {
	for _, part := range strings.SplitAfter(l.text[id], "|") {
		if _, err := io.WriteString(out, strings.TrimSuffix(part, "|")); err != nil {
			return err
		}
	}
	if o.Follow {
		<-ctx.Done()
	}
	return l.fail[id]
}

func TestNetLog(t *testing.T) {
	line := func(host string) string { return string(egress.Event{Session: "s", Host: host}.Line()) }
	l := &logs{
		text:    map[string]string{"a": line("1.example")[:20] + "|" + line("1.example")[20:] + "panic: no event\n", "b": line("2.example") + line("3.example") + "{", "late": line("4.example")},
		started: make(chan engine.Event), broken: make(chan error, 1),
	}
	l.sessions, l.fail = []engine.Container{{ID: "a"}, {ID: "b"}}, map[string]error{}
	var mu sync.Mutex
	var got []string
	more := make(chan struct{}, 10)
	emit := func(e egress.Event) {
		mu.Lock()
		got = append(got, e.Host)
		mu.Unlock()
		more <- struct{}{}
	}
	if err := NetLog(t.Context(), l, NetLogOptions{Lines: -1}, emit); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"1.example", "2.example", "3.example"}) {
		t.Errorf("%v", got)
	}
	for range 3 {
		<-more
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- NetLog(ctx, l, NetLogOptions{Follow: true}, emit) }()
	for _, action := range []string{"create", "start", "die"} {
		l.started <- engine.Event{Action: action, ID: "late"}
	}
	for range 4 {
		select {
		case <-more:
		case <-time.After(30 * time.Second):
			t.Fatal("a gateway that started later is not followed")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped: %v", err)
	}
	l.broken <- failure(engine.KindConnectionLost)
	if err := NetLog(t.Context(), l, NetLogOptions{Follow: true}, emit); !engine.IsKind(err, engine.KindConnectionLost) {
		t.Errorf("the engine went away: %v", err)
	}
	l.fail["a"] = failure(engine.KindNotFound) // it ended in between
	if err := NetLog(t.Context(), l, NetLogOptions{}, func(egress.Event) {}); err != nil {
		t.Errorf("one that has gone: %v", err)
	}
	l.fail["a"] = failure(engine.KindOther)
	if err := NetLog(t.Context(), l, NetLogOptions{}, func(egress.Event) {}); !engine.IsKind(err, engine.KindOther) {
		t.Errorf("one that cannot be read: %v", err)
	}
	l.fail["list"] = failure(engine.KindUnreachable)
	if err := NetLog(t.Context(), l, NetLogOptions{}, emit); !engine.IsKind(err, engine.KindUnreachable) {
		t.Errorf("no list: %v", err)
	}
}

// A gateway that ends before its session is told of; one that ends with it, or
// with the engine, is not.
func TestNetLogTellsOfAGatewayThatDied(t *testing.T) {
	l := &logs{started: make(chan engine.Event), broken: make(chan error, 1)}
	l.gateways = *newGateways()
	l.sessions = append(l.sessions, guarded("paused", "/p", "allowlist", "paused"), guarded("over", "/p", "allowlist", "exited"))
	told := make(chan egress.Event, 10)
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { ended <- NetLog(ctx, l, NetLogOptions{Follow: true}, func(e egress.Event) { told <- e }) }()
	die := func(session string) {
		l.started <- engine.Event{Action: "die", ID: "gateway", Time: time.Unix(7, 0), Labels: map[string]string{plan.LabelSession: session}}
	}
	for _, name := range []string{"over", "gone", "", "a", "paused"} {
		die(name)
	}
	for _, name := range []string{"a", "paused"} {
		want := egress.Event{Time: time.Unix(7, 0).UTC(), Session: name, Kind: egress.KindGateway, Gateway: egress.GatewayDied}
		if got := <-told; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	stop()
	if err := <-ended; err != nil || len(told) != 0 {
		t.Errorf("%v, and %d more", err, len(told))
	}
}

func TestNetLogOfAnEngineThatGoesAway(t *testing.T) {
	l := &logs{started: make(chan engine.Event), broken: make(chan error, 1)}
	l.sessions, l.fail = nil, map[string]error{}
	told := make(chan egress.Event, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- NetLog(t.Context(), l, NetLogOptions{Follow: true}, func(e egress.Event) { told <- e })
	}()
	l.started <- engine.Event{Action: "destroy"} // the list has been made
	l.fail["list"] = failure(engine.KindUnreachable)
	l.started <- engine.Event{Action: "die", Labels: map[string]string{plan.LabelSession: "a"}}
	l.broken <- failure(engine.KindConnectionLost)
	if err := <-ended; !engine.IsKind(err, engine.KindConnectionLost) || len(told) != 0 {
		t.Errorf("%v, told %d", err, len(told))
	}
}

func TestLongLinesAreNotKept(t *testing.T) {
	n := 0
	w := &lineWriter{line: func(b []byte) { n = len(b) }}
	for range 10 {
		_, _ = w.Write(make([]byte, maxLogLine/2))
	}
	_, _ = w.Write([]byte("\n"))
	if n > maxLogLine {
		t.Errorf("kept %d bytes", n)
	}
}
