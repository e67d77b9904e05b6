package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dclaude/launcher/fakeapi"
)

func TestBuildThatFails(t *testing.T) {
	w := plainWorld(t)
	p := w.project("p")
	w.ok(p, "--", "--version")
	before := w.lab.Docker("images", "-q", "--no-trunc", "claude-sandbox")
	for name, tt := range map[string]struct {
		set  []string
		args []string
		want []string
	}{
		"no such version": {nil, []string{"--claude-version", "0.0.1-nosuch"}, []string{
			"npm error code ETARGET", "the image build failed at [", "RUN npm install", "exit code 1\n",
			"hint: there is no such version of Claude Code", "--claude-version"}},
		"no such base": {nil, []string{"--base-image", "registry.invalid/image:1"}, []string{
			"the image build failed at [internal] load metadata for registry.invalid/image:1: ",
			"hint: the engine could not get the base image: `docker pull registry.invalid/image:1`"}},
		"npm unreachable": {[]string{"https_proxy=http://" + w.lab.Gateway() + ":9"}, []string{"--base-image", w.base("")}, []string{
			"npm error code ECONNREFUSED", "the image build failed at [", "hint: the build could not reach where it gets its packages", "https_proxy"}},
		"apt fails": {nil, []string{"--base-image", w.base("echo E: Failed to fetch http://deb.invalid/a.deb No route; exit 100")}, []string{
			"E: Failed to fetch", "exit code 100\n", "hint: the build could not reach"}},
	} {
		t.Run(name, func(t *testing.T) {
			environ := w.environ
			defer func() { w.environ = environ }()
			w.set(tt.set...)
			s := w.start(append(tt.args, p, "--", "--version")...)
			s.expect(125, append(tt.want, "the whole log is in ")...)
			log := logIn(s.text())
			info, err := os.Stat(log)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("the log %q: %v, %v", log, info, err)
			}
			text, err := os.ReadFile(log)
			if err != nil || name != "no such base" && !strings.Contains(string(text), tt.want[0]) {
				t.Errorf("the log: %v\n%s", err, text)
			}
			if len(errorLine(s.text())) > 250 {
				t.Errorf("the error is no line for a person: %s", errorLine(s.text()))
			}
		})
	}
	if now := w.lab.Docker("images", "-q", "--no-trunc", "claude-sandbox"); now != before {
		t.Errorf("the image %s became %s", before, now)
	}
	// What was there before still works.
	w.ok(p, "--", "--version")
}

// The engine ends in the middle of things: each time dclaude says so, ends,
// and knows again what is there when the engine is back.
func TestEngineGoesAway(t *testing.T) {
	w := plainWorld(t, fakeapi.Bash("work", "echo at work; sleep 5"))
	p := w.project("p")
	w.ok(p, "--", "--version") // the image is there
	wire := newWire(t, w.lab.Host)
	w.set("DOCKER_HOST=unix://" + wire.path)

	t.Run("in a build", func(t *testing.T) {
		s := w.start("--base-image", w.slowBase(), p)
		s.says("the build is at work")
		wire.cut()
		s.expect(125, "lost the connection to Docker Engine", "hint: look whether Docker Engine is still running")
		await(t, "the end of the build", func() bool { return !sleeping() })
		wire.back()
	})
	// The engine may still be at what it was asked for when the wire was cut. A
	// later launch would remove a gateway that comes of it.
	settled := func(t *testing.T) {
		t.Helper()
		await(t, "nothing left", func() bool {
			for _, one := range w.sessions() {
				if one.State == "running" {
					t.Errorf("session %s runs", one.Name)
				}
			}
			w.ok("stop", "--all")
			if gateways := w.lab.Docker("ps", "-aq", "--filter", "label=dev.dclaude.role=gateway"); gateways != "" {
				w.lab.Docker(append([]string{"rm", "-f"}, strings.Fields(gateways)...)...)
			}
			return len(w.engineState()) == 0
		})
	}
	for request, says := range map[string]string{
		`^POST .*/containers/create`:      "create container",
		`^POST .*/containers/.*/attach`:   "container",
		`^POST .*/containers/[^/]*/start`: "start container",
	} {
		t.Run("at "+request, func(t *testing.T) {
			wire.cutAt(request)
			s := w.start(p, "--", "--version")
			s.expect(125, says, "lost the connection to Docker Engine", "may be left behind", "dclaude stop", "hint: look whether Docker Engine")
			wire.back()
			settled(t)
		})
	}
	t.Run("at the making of a network", func(t *testing.T) {
		wire.cutAt(`^POST .*/networks/create`)
		s := w.start("--network", "allowlist", p, "--", "--version")
		s.expect(125, "dclaude: error: ", "Docker Engine", "left behind, until a later launch", "hint: ")
		wire.back()
		settled(t)
	})
	t.Run("in a session", func(t *testing.T) {
		term := w.terminal(p)
		prompt(t, term.AwaitFunc)
		wire.cut()
		if code := term.Exit(); code != 125 || !strings.Contains(term.Screen(), "lost the connection to Docker Engine") {
			t.Errorf("exit code %d\n%s", code, term.Screen())
		}
		if raw := string(term.Raw()); !strings.Contains(raw, "\x1b[?25h") || !strings.Contains(raw, "\x1b[?2004l") {
			t.Error("the terminal's modes were not reset")
		}
		wire.back()
		term = w.terminal("attach", p)
		prompt(t, term.AwaitFunc)
		term.Send("/exit")
		term.Await("/exit")
		term.Send("\r")
		if code := term.Exit(); code != 0 {
			t.Errorf("exit code %d\n%s", code, term.Screen())
		}
	})
	t.Run("in a session without a terminal", func(t *testing.T) {
		s := w.start(p, "--", "-p", "work")
		await(t, "a session", func() bool { return len(w.sessions()) == 1 && len(w.api.Tokens()) > 0 })
		wire.cut()
		s.expect(125, "lost the connection to Docker Engine")
		wire.back()
	})
	t.Run("before it all", func(t *testing.T) {
		wire.cut()
		s := w.start(p)
		s.expect(125, "cannot reach Docker Engine at unix://"+wire.path, "hint: ")
		wire.back()
	})
}

// Two launches that both find the image missing build it once.
func TestSecondLaunchDuringABuildWaits(t *testing.T) {
	w := plainWorld(t)
	w.ok(w.project("p"), "--", "--version")
	id := w.lab.Docker("images", "-q", "--no-trunc", "claude-sandbox")
	w.lab.Docker("rmi", "--force", "claude-sandbox") // its layers stay in the cache
	wire := newWire(t, w.lab.Host)
	w.set("DOCKER_HOST=unix://" + wire.path)

	build := wire.stopAt(`^POST .*/grpc`)
	first := w.start(w.project("p"), "--", "--version")
	<-build.reached
	second := w.start(w.project("q"), "--", "--version")
	second.says("another dclaude is building the image; waiting for it")
	third := w.start(w.project("r"), "--", "--version")
	third.says("waiting for it")
	third.signal(syscall.SIGINT)
	third.expect(130, "interrupted")
	build.goOn()
	first.expect(0, "building the image: ", "(Claude Code)")
	second.expect(0, "(Claude Code)")
	if strings.Contains(second.text(), "building the image: ") {
		t.Errorf("the second one builds too:\n%s", second.text())
	}
	if now := w.lab.Docker("images", "-q", "--no-trunc", "claude-sandbox"); now == "" || now != id && !strings.Contains(first.text(), "CACHED") {
		t.Errorf("image %q", now)
	}
}

// An interrupt at any stage ends with nothing left behind.
func TestInterruptAtEveryStage(t *testing.T) {
	w := plainWorld(t, fakeapi.Bash("work", "echo at work; sleep 100"))
	p := w.project("p")
	w.ok(p, "--", "--version")
	wire := newWire(t, w.lab.Host)
	w.set("DOCKER_HOST=unix://" + wire.path)
	w.ok("--network", "allowlist", p, "--", "--version") // the gateway's image is there
	slow := w.slowBase()
	none := func(t *testing.T) {
		t.Helper()
		if left := w.engineState(); len(left) > 0 {
			t.Errorf("left behind: %s", left)
		}
		records, err := filepath.Glob(filepath.Join(w.home, ".local/state/dclaude/engines/*/sessions/[^.]*"))
		if err != nil || len(records) > 0 {
			t.Errorf("records left behind: %v, %v", records, err)
		}
	}
	t.Run("Ctrl-C in a build", func(t *testing.T) {
		term := w.terminal("--base-image", slow, p)
		term.Await("the build is at work")
		term.Send("\x03")
		if code := term.Exit(); code != 130 || !strings.Contains(term.Screen(), "dclaude: interrupted") {
			t.Errorf("exit code %d\n%s", code, term.Screen())
		}
		await(t, "the end of the build", func() bool { return !sleeping() })
	})
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(sig.String()+" in a build", func(t *testing.T) {
			s := w.start("--base-image", slow, p)
			s.says("the build is at work")
			s.signal(sig)
			if code := s.code(); sig == syscall.SIGTERM && code != 130 {
				t.Errorf("exit code %d: %s", code, s.text())
			}
			await(t, "the end of the build", func() bool { return !sleeping() })
		})
	}
	// With a gateway: two containers and a network are made at the same time.
	requests := []string{
		`^POST .*/networks/create`, `^POST .*/containers/create`,
		`^POST .*/containers/.*/attach`, `^POST .*/containers/[^/]*/start`,
	}
	for _, request := range requests {
		t.Run("Ctrl-C at "+request, func(t *testing.T) {
			at := wire.stopAt(request)
			term := w.terminal("--network", "allowlist", p)
			<-at.reached
			term.Send("\x03")
			term.Await("^C")
			at.goOn()
			if code := term.Exit(); code != 130 || !strings.Contains(term.Screen(), "dclaude: interrupted") {
				t.Errorf("exit code %d\n%s", code, term.Screen())
			}
			none(t)
		})
		t.Run("SIGTERM at "+request, func(t *testing.T) {
			at := wire.stopAt(request)
			s := w.start("--network", "allowlist", p, "--", "--version")
			<-at.reached
			s.signal(syscall.SIGTERM)
			at.goOn()
			s.expect(130, "dclaude: interrupted")
			none(t)
		})
	}
	// Nobody can undo what a killed dclaude has begun. The next one sees it
	// and stop removes it; without that a later launch does (TestClean in
	// package session).
	t.Run("SIGKILL at the start", func(t *testing.T) {
		at := wire.stopAt(requests[len(requests)-1])
		s := w.start(p, "--", "--version")
		<-at.reached
		s.signal(syscall.SIGKILL)
		s.code()
		wire.cut()
		at.goOn()
		wire.back()
		if all := w.sessions(); len(all) != 1 || all[0].State != "created" {
			t.Errorf("sessions: %+v", all)
		}
		w.ok("stop", "--all")
	})
	// Its container starts and is never told what session it is. It has no
	// secret then, and ends by itself.
	t.Run("SIGKILL before the handoff", func(t *testing.T) {
		at := wire.stopAt(requests[len(requests)-1])
		s := w.start("--detach", p)
		<-at.reached
		// It says nothing more from here on. Killed at once it would take its
		// connection along, and newer engines then give the start up.
		s.signal(syscall.SIGSTOP)
		at.goOn()
		await(t, "the container's start", func() bool {
			all := w.sessions()
			return len(all) == 1 && all[0].State == "running"
		})
		s.signal(syscall.SIGKILL)
		s.code()
		await(t, "the container's end", func() bool { return len(w.sessions()) == 0 })
	})
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String()+" in a session without a terminal", func(t *testing.T) {
			seen := len(w.api.Tokens())
			s := w.start(p, "--", "-p", "work")
			await(t, "work", func() bool { return len(w.api.Tokens()) > seen })
			s.signal(sig)
			s.expect(130, "dclaude: interrupted")
			none(t)
		})
	}
}

// A session that ends before anybody has looked at it is told of as that.
func TestDetachedSessionThatEndsAtOnce(t *testing.T) {
	w := plainWorld(t)
	p := w.project("p")
	w.ok(p, "--", "--version") // the image is there
	wire := newWire(t, w.lab.Host)
	w.set("DOCKER_HOST=unix://" + wire.path)
	at := wire.stopAt(`^POST .*/exec `)
	s := w.start("--detach", p)
	<-at.reached
	w.lab.Docker("kill", "dclaude-"+w.sessions()[0].Name)
	at.goOn()
	s.expect(125, "ended at once, with exit code 137", "hint: without --detach you see what it says")
	if all := w.sessions(); len(all) != 0 {
		t.Errorf("left: %+v", all)
	}
}

// What is remembered of an engine is a guess: one that has become another is
// planned for anew, and nothing was started for what it was.
func TestEngineThatHasChanged(t *testing.T) {
	w := plainWorld(t)
	p := w.project("p")
	w.ok(p, "--", "--version")
	paths, err := filepath.Glob(filepath.Join(w.home, ".local/state/dclaude/engines/*/info.json"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("remembered in %v, %v", paths, err)
	}
	now, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	var was map[string]any
	if err := json.Unmarshal(now, &was); err != nil {
		t.Fatal(err)
	}
	was["Rootless"], was["Runtimes"] = true, []string{"gone"}
	before, err := json.Marshal(was)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(paths[0], before, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := w.ok(p, "--", "--version"); !strings.Contains(r.stdout, "Claude Code") {
		t.Errorf("%v", r)
	}
	if after, err := os.ReadFile(paths[0]); err != nil || !bytes.Equal(after, now) {
		t.Errorf("remembered now: %s, %v", after, err)
	}
	if left := w.engineState(); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}

// Whatever a folder is called, the session sees that folder and no other, and
// no byte of the name reaches the terminal.
func TestOddFolderNames(t *testing.T) {
	w := plainWorld(t)
	names := []string{`two  words, it's "q" \ $HOME %s`, "line\nbreak", "ünï-日本-🙂\x1b[31mred", "-rf", "a:b,c=d"}
	sessions := map[string]string{} // by project
	for _, name := range names {
		p := w.project(name)
		cmd := w.command("--isolation", "runc", "--detach", "./"+name)
		cmd.Dir = filepath.Dir(p)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil || strings.Contains(stderr.String(), "\x1b") {
			t.Fatalf("%q: %v\n%s", name, err, &stderr)
		}
		sessions[p] = strings.TrimSpace(string(out))
	}
	for p, session := range sessions {
		w.ok("shell", session, "--", "touch", session)
		if _, err := os.Stat(filepath.Join(p, session)); err != nil {
			t.Errorf("%q: %v", p, err)
		}
		files, err := os.ReadDir(p)
		if err != nil || len(files) != 1 {
			t.Errorf("%q has %v, %v", p, files, err)
		}
	}
	if table := w.ok("ls").stdout; strings.ContainsAny(table, "\x1b\a") || strings.Count(table, "\n") != 1+len(names) {
		t.Errorf("the list is %q", table)
	}
	for _, s := range w.sessions() {
		if sessions[s.Project] != s.Name {
			t.Errorf("session %s is on %q", s.Name, s.Project)
		}
	}
	for p := range sessions {
		w.ok("stop", p)
	}
}

// A folder that the caller may not read, or not enter, is refused before
// anything is made.
func TestUnreadableFolder(t *testing.T) {
	w := plainWorld(t)
	w.opened()
	for _, mode := range []os.FileMode{0, 0o444, 0o333} {
		p := w.project(fmt.Sprintf("mode %o", mode))
		if err := os.Chmod(p, mode); err != nil {
			t.Fatal(err)
		}
		w.owner = 501
		s := w.start(p)
		s.expect(125, "dclaude: error: folder ", "cannot be read", "hint: you need permission to read and to search the folder")
		w.owner = 0
	}
}
