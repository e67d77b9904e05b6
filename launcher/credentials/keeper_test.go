package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dclaude/creds"
	"dclaude/creds/refresh"
	"dclaude/creds/watch"
	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
)

// computer is one with a login and an engine with sessions. It may be used
// by several goroutines.
type computer struct {
	t   *testing.T
	dir string

	mu       sync.Mutex
	state    creds.State
	stored   map[creds.Source]creds.State
	sessions []engine.Container
	volumes  []engine.Volume
	given    map[string][]handoff.Login // by container
	listErr  error
	// exec, if set, is what a session does instead of taking its login.
	exec func(ctx context.Context, id string, stderr io.Writer) (int, error)
}

func newComputer(t *testing.T, c creds.Credential) *computer {
	return &computer{t: t, dir: t.TempDir(), state: creds.State{Credential: c}, stored: map[creds.Source]creds.State{}, given: map[string][]handoff.Login{}}
}

func (h *computer) keeper(source creds.Source) Keeper {
	return Keeper{
		Source: source,
		Host:   watch.Target{Store: store{h, creds.SourceHost}},
		Whose: func(account string) string {
			if account == "" {
				return ""
			}
			return account + "@example.com"
		},
		Stored:    func(s creds.Source) creds.Store { return store{h, s} },
		Refresher: refresh.Refresher{Store: store{h, creds.SourceHost}, Dir: filepath.Join(h.dir, "refresh")},
		Records:   session.Records{Dir: filepath.Join(h.dir, "sessions")},
		Engine:    h,
	}
}

type store struct {
	host   *computer
	source creds.Source
}

func (s store) Describe() string { return "store of " + string(s.source) }

func (s store) Read(context.Context) (creds.Credential, error) {
	s.host.mu.Lock()
	defer s.host.mu.Unlock()
	state := s.host.state
	if s.source.Stored() {
		var ok bool
		if state, ok = s.host.stored[s.source]; !ok {
			state.Err = creds.ErrMissing
		}
	}
	return state.Credential, state.Err
}

func (h *computer) Containers(context.Context, map[string]string) ([]engine.Container, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.sessions), h.listErr
}

func (h *computer) Volumes(context.Context, map[string]string) ([]engine.Volume, error) {
	return h.volumes, nil
}

func (h *computer) Exec(ctx context.Context, id string, r engine.ExecRequest) (int, error) {
	l, err := handoff.ReadLogin(r.Stdin)
	if err != nil {
		h.t.Error(err)
	}
	if h.exec != nil {
		if code, err := h.exec(ctx, id, r.Stderr); code != 0 || err != nil {
			return code, err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.given[id] = append(h.given[id], l)
	return 0, nil
}

// start adds a running session.
func (h *computer) start(name string, source creds.Source) session.Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions = append(h.sessions, engine.Container{ID: "id-" + name, State: "running", Labels: map[string]string{
		plan.LabelSession: name, plan.LabelLogin: string(source), plan.LabelUser: "501:20", plan.LabelProject: "/projects/" + name,
	}})
	return session.Session{Name: name, ID: "id-" + name, State: "running", Login: string(source), User: "501:20"}
}

func (h *computer) set(c creds.Credential, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state = creds.State{Credential: c, Err: err}
}

// tokens are the access tokens and keys that a session was given, in order.
func (h *computer) tokens(name string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, l := range h.given["id-"+name] {
		if l.APIKey != "" {
			all = append(all, "key "+string(l.APIKey))
			continue
		}
		c, err := creds.Parse([]byte(l.Credentials))
		if err != nil {
			h.t.Errorf("given: %v", err)
		}
		kind := ""
		if c.Refreshable {
			kind = "whole "
		}
		all = append(all, kind+c.Access.Reveal())
	}
	return all
}

func login(t *testing.T, token, account string, left time.Duration) creds.Credential {
	t.Helper()
	c, err := creds.Parse(fmt.Appendf(nil, `{"claudeAiOauth":{"accessToken":%q,"refreshToken":"R-KEEP","expiresAt":%d,"subscriptionType":"max"}}`,
		token, time.Now().Add(left).UnixMilli()))
	if err != nil {
		t.Fatal(err)
	}
	c.Account = account
	return c
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestLaunchHandsOverByTheSource(t *testing.T) {
	h := newComputer(t, login(t, "A", "ada", time.Hour))
	year, err := creds.FromToken("YEAR", time.Now().Add(300*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	key, err := creds.FromToken("KEY", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	h.stored[creds.SourceToken], h.stored[creds.SourceAPIKey] = creds.State{Credential: year}, creds.State{Credential: key}
	cases := []struct {
		source                  creds.Source
		fresh                   bool
		has, lacks              string
		key, keep, noted, warns bool
	}{
		{source: creds.SourceHost, has: `"accessToken":"A"`, lacks: "R-KEEP", noted: true},
		{source: creds.SourceCopy, has: "R-KEEP", keep: true},
		{source: creds.SourceCopy, fresh: true, has: "R-KEEP", noted: true},
		{source: creds.SourceSandbox},
		{source: creds.SourceSandbox, fresh: true, warns: true},
		{source: creds.SourceToken, has: `"accessToken":"YEAR"`, lacks: "efresh", noted: true},
		{source: creds.SourceAPIKey, key: true, noted: true},
	}
	for _, tc := range cases {
		l, err := h.keeper(tc.source).Launch(t.Context(), tc.fresh)
		if err != nil {
			t.Fatal(err)
		}
		text := string(l.Credentials)
		if !strings.Contains(text, tc.has) || (tc.has == "" && text != "") || (tc.lacks != "" && strings.Contains(text, tc.lacks)) {
			t.Errorf("%s: %s", tc.source, text)
		}
		if (l.APIKey == "KEY") != tc.key || l.Keep != tc.keep || (len(l.Warnings) > 0) != tc.warns {
			t.Errorf("%s: key %v, keep %v, %v", tc.source, l.APIKey != "", l.Keep, l.Warnings)
		}
		var r session.Record
		if l.Note(&r); (r.Login != nil) != tc.noted {
			t.Errorf("%s: noted %+v", tc.source, r.Login)
		}
	}
	h.set(creds.Credential{}, creds.ErrMissing)
	l, err := h.keeper(creds.SourceHost).Launch(t.Context(), false)
	if err != nil || l.Credentials != "" || len(l.Warnings) != 1 {
		t.Errorf("no login: %+v, %v", l, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.keeper(creds.SourceHost).Launch(ctx, false); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestInjectIsDoneOnce(t *testing.T) {
	h := newComputer(t, login(t, "A", "ada", time.Hour))
	for name, source := range map[string]creds.Source{"h1": creds.SourceHost, "h2": creds.SourceHost, "c": creds.SourceCopy, "s": creds.SourceSandbox, "old": ""} {
		h.start(name, source)
	}
	k := h.keeper(creds.SourceSandbox) // the setting is for new sessions
	// Many processes at once; each has its own Keeper.
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if _, err := h.keeper(creds.SourceHost).InjectAll(t.Context(), false); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for name, want := range map[string]string{"h1": "[A]", "h2": "[A]", "c": "[]", "s": "[]", "old": "[]"} {
		equal(t, name, h.tokens(name), want)
	}
	h.set(login(t, "B", "ada", time.Hour), nil)
	for range 2 {
		if _, err := k.InjectAll(t.Context(), false); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "renewed", h.tokens("h1"), "[A B]")
	h.set(login(t, "C", "ada", -time.Hour), nil)
	if _, err := k.InjectAll(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	equal(t, "expired", h.tokens("h1"), "[A B]")
	results, err := k.InjectAll(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "by force", h.tokens("h1"), "[A B C]")
	equal(t, "a copy by force", h.tokens("c"), "[whole C]")
	for _, r := range results {
		if r.Session.Name == "s" && (r.Injected || r.Warning == "") {
			t.Errorf("a sandbox's own: %+v", r)
		}
	}
}

func TestInjectLeavesOutWhatDoesNotRun(t *testing.T) {
	h := newComputer(t, login(t, "A", "", time.Hour))
	s := h.start("s", creds.SourceHost)
	for _, state := range []string{"created", "paused", "exited"} {
		s.State = state
		if r := h.keeper(creds.SourceHost).Inject(t.Context(), []session.Session{s}, true); r[0].Injected || r[0].Err != nil {
			t.Errorf("%s: %+v", state, r)
		}
	}
	h.exec = func(context.Context, string, io.Writer) (int, error) {
		return 0, &engine.Error{Kind: engine.KindNotRunning}
	}
	s.State = "running"
	if r := h.keeper(creds.SourceHost).Inject(t.Context(), []session.Session{s}, false); r[0].Injected || r[0].Err != nil {
		t.Errorf("gone in mid-injection: %+v", r)
	}
	h.exec = func(_ context.Context, _ string, stderr io.Writer) (int, error) {
		_, _ = io.WriteString(stderr, "no space left on device")
		return 125, nil
	}
	if r := h.keeper(creds.SourceHost).Inject(t.Context(), []session.Session{s}, false); r[0].Injected || r[0].Err == nil {
		t.Errorf("volume full: %+v", r)
	}
	h.exec = nil
	if r := h.keeper(creds.SourceHost).Inject(t.Context(), []session.Session{s}, false); !r[0].Injected || r[0].Held != creds.HeldUnknown {
		t.Errorf("after that: %+v", r)
	}
}

// Somebody signs in on the host with another account: the session is asked
// about, not moved.
func TestAnotherAccountIsAskedAbout(t *testing.T) {
	h := newComputer(t, login(t, "A", "ada", time.Hour))
	s := h.start("s", creds.SourceHost)
	k := h.keeper(creds.SourceHost)
	k.Inject(t.Context(), []session.Session{s}, false)
	h.set(login(t, "B", "bob", time.Hour), nil)
	r := k.Inject(t.Context(), []session.Session{s}, false)[0]
	if r.Injected || !r.Ask || r.Held != creds.HeldForeign || !strings.Contains(r.Warning, "(the session has ada@example.com, this computer bob@example.com)") {
		t.Errorf("%+v", r)
	}
	if st, err := k.Status(t.Context(), []session.Session{s}); err != nil || st.Sessions[0].Has != "another account" || st.Account != "bob@example.com" {
		t.Errorf("%+v, %v", st, err)
	}
	if r := k.Inject(t.Context(), []session.Session{s}, true)[0]; !r.Injected || r.Ask {
		t.Errorf("agreed: %+v", r)
	}
	equal(t, "given", h.tokens("s"), "[A B]")
}

func TestStatus(t *testing.T) {
	h := newComputer(t, login(t, "KEEP-A", "ada", time.Hour))
	h.state.Credential.Warnings = []error{errors.New("mode 0644")}
	s1, s2, s3 := h.start("one", creds.SourceHost), h.start("two", creds.SourceHost), h.start("three", creds.SourceSandbox)
	paused := s1
	paused.State = "paused"
	k := h.keeper(creds.SourceHost)
	k.Inject(t.Context(), []session.Session{s1}, false)
	has := func(want ...string) {
		t.Helper()
		st, err := k.Status(t.Context(), []session.Session{s1, s2, s3, paused})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range st.Sessions {
			got = append(got, s.Has)
		}
		equal(t, "have", got, want)
		if b, err := json.Marshal(st); err != nil || strings.Contains(string(b), "KEEP") {
			t.Errorf("%s, %v", b, err)
		}
	}
	has("current", "unknown", "its own")
	h.set(login(t, "KEEP-B", "ada", 20*time.Minute), nil)
	has("older", "unknown", "its own")
	st, err := k.Status(t.Context(), nil)
	if err != nil || st.State != "expiring" || st.Plan != "Max" || st.NextChange.IsZero() || st.Store != "store of host" || len(st.Problems) != 2 {
		t.Errorf("%+v, %v", st, err)
	}
	h.set(creds.Credential{}, creds.ErrUnreadable)
	has("unknown", "unknown", "its own")
	if st, _ := k.Status(t.Context(), nil); st.State != "unreadable" || len(st.Problems) == 0 {
		t.Errorf("%+v", st)
	}
	if st, err := h.keeper(creds.SourceSandbox).Status(t.Context(), nil); err != nil || st.State != "" || st.Store != "" || len(st.Problems) > 0 {
		t.Errorf("sandbox: %+v, %v", st, err)
	}
	if st, err := h.keeper(creds.SourceToken).Status(t.Context(), nil); err != nil || st.State != "missing" || len(st.Problems) != 1 {
		t.Errorf("token: %+v, %v", st, err)
	}
}

// A program in a folder that some sandbox can write to is not the user's
// Claude Code, whether the session still runs or not.
func TestRefreshAvoidsEveryProject(t *testing.T) {
	h := newComputer(t, login(t, "A", "", -time.Hour))
	h.start("s", creds.SourceHost)
	old := filepath.Join(h.dir, "old-project")
	if err := os.MkdirAll(old, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(old, "claude"), []byte("#!/bin/sh\ntouch "+h.dir+"/hacked\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.volumes = []engine.Volume{{Labels: map[string]string{plan.LabelProject: old}}, {}}
	k := h.keeper(creds.SourceHost)
	k.Refresher.Environ = []string{"PATH=" + old}
	k.Refresher.Avoid = []string{"/usr", "/opt"} // a Claude Code that this machine has
	_, err := k.Refresh(t.Context(), 0)
	if !errors.Is(err, refresh.ErrNoClaude) {
		t.Errorf("%v", err)
	}
	l, err := k.Launch(t.Context(), false)
	if err != nil || len(l.Warnings) != 1 || !strings.Contains(l.Warnings[0].Text, "no Claude Code was found") || l.Credentials == "" {
		t.Errorf("%+v, %v", l.Warnings, err)
	}
	if _, err := os.Stat(h.dir + "/hacked"); err == nil {
		t.Error("the project's program was run")
	}
	h.listErr = errors.New("engine gone")
	if _, err := k.Refresh(t.Context(), 0); err == nil || errors.Is(err, refresh.ErrNoClaude) {
		t.Errorf("without a list of the projects: %v", err)
	}
}
