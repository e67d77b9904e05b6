package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
	"dclaude/launcher/verify"
)

// attack tries each promise from inside, the quick ones first.
func (s *specimen) attack(ctx context.Context) {
	o := &s.seen
	control := make(chan ways, 1)
	go func() { control <- s.unprotected(ctx) }()
	o.Network = s.session.Network
	kernel, err := session.Observe(ctx, s.engine, s.session.ID, s.session.ExecUser())
	if err == nil {
		o.Kernel, o.GVisor = kernel, session.IsGVisor(kernel)
	}
	canary, beside := s.canaryPath(), filepath.Join(s.dir, "planted")
	o.ReadOutside = s.succeedsIf(ctx, s.canary, `cat "$1"; cat /proc/*/root"$1" 2>/dev/null; true`, canary)
	o.WriteOutside = s.try(ctx, `mkdir -p "$(dirname "$1")"; echo x > "$1"; true`, beside)
	if _, err := os.Lstat(beside); err == nil {
		o.WriteOutside.Succeeded, o.WriteOutside.Seen = true, "the file is there"
	} else if o.WriteOutside.Done {
		o.WriteOutside.Seen = "nothing of it arrived here"
	}
	o.WriteProject = s.writesProject(ctx)
	o.Privileges = s.succeedsIf(ctx, "privileged",
		`grep -hE '^(CapInh|CapPrm|CapEff|CapBnd|NoNewPrivs)' /proc/self/status | tr '\n\t' ' :';
		 [ -z "$(grep -E '^Cap(Prm|Eff):' /proc/self/status | grep -v 0000000000000000)" ] || echo privileged`)
	o.Settings = s.succeedsIf(ctx, "changed",
		// Opened to append, and nothing written: what comes after needs them whole.
		`for f in /etc/claude-code/managed-settings.json /etc/claude-code/verify /usr/local/bin/dclaude-guest /usr/local/bin/claude /run/verify; do
		   ( : >> "$f" ) 2>/dev/null && echo changed "$f"; done; true`)
	o.Others = s.others(ctx)
	o.Secrets = s.secrets(ctx)
	o.Refresh = s.succeedsIf(ctx, s.refresh, `cat "$CLAUDE_CONFIG_DIR/.credentials.json"`)
	o.Conversation = s.converses(ctx)
	s.attackNetwork(ctx, <-control)
	o.Terminal = s.terminal(ctx)
}

// try runs a shell script inside; $1 and on are args. It is done when the script
// ran to its end.
func (s *specimen) try(ctx context.Context, script string, args ...string) verify.Attempt {
	ctx, cancel := attemptContext(ctx)
	defer cancel()
	var out bytes.Buffer
	command := append([]string{session.GuestProgram, "exec", "bash", "-c", script, "bash"}, args...)
	code, err := s.engine.Exec(ctx, s.session.ID, engine.ExecRequest{
		User: s.session.ExecUser(), Command: command, WorkingDir: plan.Workspace,
		Stdout: &capped{w: &out, left: maxAnswer}, Stderr: &capped{w: &out, left: maxAnswer},
	})
	seen := strings.Join(strings.Fields(out.String()), " ")
	if err != nil {
		return verify.Attempt{Seen: err.Error()}
	}
	if code != 0 {
		return verify.Attempt{Seen: fmt.Sprintf("exit code %d: %s", code, seen)}
	}
	return verify.Attempt{Done: true, Seen: seen}
}

// capped keeps the first bytes of hostile output.
type capped struct {
	w    io.Writer
	left int
}

func (c *capped) Write(p []byte) (int, error) {
	keep := min(len(p), c.left)
	c.left -= keep
	if _, err := c.w.Write(p[:keep]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// succeedsIf is try for an attack that has succeeded if a word comes out. What
// was seen never shows the word itself if it is a secret of the specimen's.
func (s *specimen) succeedsIf(ctx context.Context, word, script string, args ...string) verify.Attempt {
	a := s.try(ctx, script, args...)
	a.Succeeded = strings.Contains(a.Seen, word)
	for _, secret := range []string{s.canary, s.access, s.refresh} {
		a.Seen = strings.ReplaceAll(a.Seen, secret, "[what it was after]")
	}
	if a.Seen == "" {
		a.Seen = "nothing came of it"
	}
	if strings.HasPrefix(a.Seen, "{") {
		a.Seen = "a login without it"
		if a.Succeeded {
			a.Seen = "it is in the login"
		}
	}
	return a
}

func (s *specimen) writesProject(ctx context.Context) verify.Attempt {
	a := s.try(ctx, `echo made > /workspace/made && cat /workspace/made`)
	info, err := os.Stat(filepath.Join(s.dir, "project", "made"))
	a.Succeeded = a.Done && err == nil
	if a.Succeeded {
		a.Seen = fmt.Sprintf("a file of %d bytes, mode %v", info.Size(), info.Mode())
	}
	return a
}

// others looks at what the engine mounted: the project, the session's own state
// and nothing else of this machine.
func (s *specimen) others(ctx context.Context) verify.Attempt {
	d, err := s.engine.Inspect(ctx, s.session.ID)
	if err != nil {
		return verify.Attempt{Seen: err.Error()}
	}
	var known, foreign []string
	for _, m := range d.Mounts {
		own := m.Source == s.session.Project && m.Target == plan.Workspace ||
			m.Type == "volume" && m.Name == s.volume
		if own {
			known = append(known, m.Target)
		} else {
			foreign = append(foreign, m.Type+" "+m.Source+" at "+m.Target)
		}
	}
	a := verify.Attempt{Done: true, Succeeded: len(foreign) > 0, Seen: strings.Join(known, ", ") + ", and nothing else"}
	if a.Succeeded {
		a.Seen = strings.Join(foreign, ", ")
	}
	return a
}

// secrets searches what others on this machine could read.
func (s *specimen) secrets(ctx context.Context) verify.Attempt {
	described, err := s.engine.Describe(ctx, s.session.ID)
	if err != nil {
		return verify.Attempt{Seen: err.Error()}
	}
	a := s.succeedsIf(ctx, s.access, `cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -F sk-ant; true`)
	if bytes.Contains(described, []byte(s.access)) {
		a.Succeeded, a.Seen = true, "it is in docker inspect"
	} else if a.Done && !a.Succeeded {
		a.Seen = fmt.Sprintf("not in %d bytes of docker inspect, nor in any process", len(described))
	}
	return a
}

// converses has the real Claude Code ask the API one question.
func (s *specimen) converses(ctx context.Context) verify.Attempt {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	a := s.try(ctx, `exec claude -p "$1" </dev/null`, verifyAsked)
	a.Succeeded = a.Done && strings.Contains(a.Seen, "it answers")
	if a.Succeeded {
		a.Seen = "it answered"
	}
	return a
}

// terminal runs a command on a terminal of its own and changes its size.
func (s *specimen) terminal(ctx context.Context) verify.Attempt {
	ctx, cancel := attemptContext(ctx)
	defer cancel()
	stream, err := s.engine.ExecAttach(ctx, s.session.ID, engine.ExecRequest{
		User: s.session.ExecUser(), TTY: true, WorkingDir: plan.Workspace,
		Command: []string{session.GuestProgram, "exec", "bash", "-c", `until [ "$(stty size)" = "37 91" ]; do sleep 0.1; done; echo size arrived; exit 7`},
	})
	if err != nil {
		return verify.Attempt{Seen: err.Error()}
	}
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	go func() {
		for ctx.Err() == nil { // an early one gets lost (FACTS 5)
			_ = stream.Resize(ctx, 91, 37)
			select {
			case <-time.After(200 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}()
	var out bytes.Buffer
	err = stream.CopyOutput(&capped{w: &out, left: maxAnswer}, io.Discard)
	code := -1
	if err == nil {
		code, err = stream.ExitCode(ctx)
	}
	if err != nil {
		return verify.Attempt{Seen: err.Error()}
	}
	return verify.Attempt{
		Done: true, Succeeded: code == 7 && strings.Contains(out.String(), "size arrived"),
		Seen: fmt.Sprintf("91 by 37 arrived, exit code %d", code),
	}
}

// end stops the session, removes its state, and looks for what is left.
func (s *specimen) end(ctx context.Context) verify.Attempt {
	err := s.endSession(ctx, s)
	if err == nil {
		err = s.engine.RemoveVolume(ctx, s.volume)
	}
	if err != nil {
		return verify.Attempt{Seen: err.Error()}
	}
	s.session.ID, s.volume = "", ""
	labels := map[string]string{plan.LabelSession: s.session.Name}
	containers, err := s.engine.Containers(ctx, labels)
	if err != nil {
		return verify.Attempt{Seen: err.Error()}
	}
	networks, err := s.engine.Networks(ctx, labels)
	if err != nil {
		return verify.Attempt{Seen: err.Error()}
	}
	volumes, err := s.engine.Volumes(ctx, map[string]string{plan.LabelProject: s.session.Project})
	if err != nil {
		return verify.Attempt{Seen: err.Error()}
	}
	left := len(containers) + len(networks) + len(volumes)
	return verify.Attempt{
		Done: true, Succeeded: left > 0,
		Seen: fmt.Sprintf("%d containers, %d networks, %d volumes", len(containers), len(networks), len(volumes)),
	}
}
