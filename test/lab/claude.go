package lab

import (
	"context"
	"encoding/json"
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
	if err := os.MkdirAll(l.path("claude"), 0o755); err != nil {
		return fail("keep Claude Code", err, "")
	}
	if err := os.Rename(dir, l.path("claude", version)); err != nil {
		return fail("keep Claude Code", err, "")
	}
	return nil
}

// Login is a made-up login of Claude Code.
type Login struct {
	Access  string // the access token
	Refresh string // the refresh token; empty leaves it out
	Expires time.Time
}

// JSON is the content of a .credentials.json with the login in it.
func (g Login) JSON() []byte {
	oauth := map[string]any{
		"accessToken": g.Access, "expiresAt": g.Expires.UnixMilli(),
		"scopes": []string{"user:inference", "user:profile"}, "subscriptionType": "max",
	}
	if g.Refresh != "" {
		oauth["refreshToken"] = g.Refresh
	}
	b, err := json.Marshal(map[string]any{"claudeAiOauth": oauth})
	if err != nil { // only strings and numbers are in there
		panic(err)
	}
	return b
}

// PrepareClaude makes dir a CLAUDE_CONFIG_DIR with that login in which
// Claude's welcome and its question whether to trust these folders are
// answered.
func PrepareClaude(dir string, login Login, folders ...string) error {
	projects := map[string]any{}
	for _, folder := range folders {
		projects[folder] = map[string]any{"hasTrustDialogAccepted": true}
	}
	state, err := json.Marshal(map[string]any{"hasCompletedOnboarding": true, "theme": "dark", "projects": projects})
	if err != nil {
		return fail("prepare Claude's configuration", err, "")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail("prepare Claude's configuration", err, "")
	}
	for name, content := range map[string][]byte{
		".claude.json":      state,
		".credentials.json": login.JSON(),
		"settings.json":     []byte(`{"skipDangerousModePermissionPrompt":true}`),
	} {
		if err := replaceFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fail("prepare Claude's configuration", err, "")
		}
	}
	return nil
}

// ClaudeEnv is an environment for Claude Code on this machine that has nothing
// of the user's own in it and keeps it from calling anyone but api.
func ClaudeEnv(configDir, api string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + configDir, "LANG=C.UTF-8", "TERM=xterm-256color",
		"CLAUDE_CONFIG_DIR=" + configDir, "ANTHROPIC_BASE_URL=" + api,
		"DISABLE_AUTOUPDATER=1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
		"CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL=1",
	}
}
