package lab

import (
	"context"
	"os"
	"path/filepath"
	"sort"
	"time"
)

// claudePackage is the npm package of Claude Code.
const claudePackage = "@anthropic-ai/claude-code"

// HostClaude installs the real Claude Code for use on this machine, outside of
// any sandbox, once, and returns the path of its program. A version that is
// there is kept.
func (l *Lab) HostClaude(ctx context.Context) (path string, err error) {
	if path := l.newestClaude(); path != "" {
		return path, nil
	}
	if err := l.packages(ctx, []need{{"npm", "npm"}}); err != nil {
		return "", err
	}
	there := func() bool { return l.newestClaude() != "" }
	if err := l.once(ctx, "claude", there, l.installClaude); err != nil {
		return "", err
	}
	return l.newestClaude(), nil
}

// newestClaude returns the program that was installed last, "" if there is
// none.
func (l *Lab) newestClaude() string {
	found, err := filepath.Glob(l.path("claude", "*", "node_modules", ".bin", "claude"))
	if err != nil {
		return ""
	}
	age := func(i int) time.Time {
		info, err := os.Stat(found[i])
		if err != nil {
			return time.Time{}
		}
		return info.ModTime()
	}
	sort.Slice(found, func(i, j int) bool { return age(i).Before(age(j)) })
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

func (l *Lab) installClaude(ctx context.Context) error {
	dir, remove, err := l.scratch("claude")
	if err != nil {
		return err
	}
	defer remove()
	// With no version named, npm picks an old one that still claims to work
	// with the machine's node, though Claude Code does not use that.
	version, err := command{args: []string{"npm", "view", claudePackage, "version"}}.output(ctx)
	if err != nil {
		return fail("find Claude Code's version", err, "The npm registry must be reachable.")
	}
	err = l.run(ctx, command{
		step: "npm install", dir: dir,
		args: []string{"npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", dir, claudePackage + "@" + version},
	})
	if err != nil {
		return err
	}
	program := filepath.Join(dir, "node_modules", ".bin", "claude")
	if _, err := (command{args: []string{program, "--version"}}).output(ctx); err != nil {
		return fail("try Claude Code", err, "")
	}
	if err := os.MkdirAll(l.path("claude"), 0o750); err != nil {
		return fail("keep Claude Code", err, "")
	}
	if err := os.Rename(dir, l.path("claude", version)); err != nil {
		return fail("keep Claude Code", err, "")
	}
	return nil
}
