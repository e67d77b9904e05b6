package lab

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// Lines are the assignments, in the form that a shell reads, that lead
// a test to the engine at host.
func (l *Lab) Lines(host string) string {
	lines := HostVariable + "=" + quote(host) + "\n" + DirVariable + "=" + quote(l.dir) + "\n"
	if release := os.Getenv(ReleaseVariable); release != "" {
		lines += ReleaseVariable + "=" + quote(release) + "\n"
	}
	return lines
}

// quote makes one word for a shell of text that is not one as it stands.
func quote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/:._-", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Status describes what of the lab is there, one "name: value" a line. It
// starts and makes nothing.
func (l *Lab) Status(ctx context.Context) string {
	f := l.engineFiles()
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%-11s %s\n", name+":", value) }
	line("folder", l.dir)
	if !answers(ctx, l.EngineHost()) {
		line("engine", "not running")
	} else {
		line("engine", l.EngineHost())
		line("process", fmt.Sprint(enginePID(f)))
		line("version", l.ask(ctx, "version", "--format", "{{.Server.Version}}"))
		line("storage", l.ask(ctx, "info", "--format", "{{.Driver}}, cgroup v{{.CgroupVersion}}"))
		line("base image", l.describeBase(ctx))
	}
	line("log", f.log)
	runsc, err := os.Readlink(l.runscLink())
	line("runsc", present(err == nil && exists(l.runscLink()), runsc))
	line("claude", present(l.newestClaude() != "", l.newestClaude()))
	return b.String()
}

func (l *Lab) ask(ctx context.Context, args ...string) string {
	out, err := l.docker(l.EngineHost(), args...).output(ctx)
	if err != nil {
		return "unknown: " + err.Error()
	}
	return out
}

func (l *Lab) describeBase(ctx context.Context) string {
	if !l.hasImage(ctx, l.EngineHost(), BaseName) {
		return "none"
	}
	label := l.ask(ctx, "image", "inspect", "--format", fmt.Sprintf("{{index .Config.Labels %q}}", StandInLabel), BaseName)
	if label == "" {
		return BaseName + ", as published"
	}
	return BaseName + ", a stand-in of recipe " + label
}

func present(there bool, what string) string {
	if there {
		return what
	}
	return "none"
}
