package lab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

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
