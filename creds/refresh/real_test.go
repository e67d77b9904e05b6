package refresh

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dclaude/creds"
	"dclaude/creds/file"
	"dclaude/test/fakeoauth"
	"dclaude/test/lab"
)

// The tests in this file run the real Claude Code.

const firstRefresh = "sk-ant-ort01-first"

func real(t *testing.T, left time.Duration) (Refresher, *fakeoauth.Server) {
	t.Helper()
	claude := lab.RequireClaude(t)
	service := fakeoauth.Start(t, "127.0.0.1:0", firstRefresh)
	home := t.TempDir()
	dir := filepath.Join(home, ".claude")
	must(t, os.MkdirAll(dir, 0o700))
	login := lab.Login{Access: "sk-ant-oat01-first", Refresh: firstRefresh, Expires: time.Now().Add(left)}
	must(t, os.WriteFile(filepath.Join(dir, file.Name), login.JSON(), 0o600))
	return Refresher{
		Store: file.New(dir, home), Home: home, Dir: filepath.Join(home, "state"),
		Environ: []string{
			"HOME=" + home, "PATH=" + filepath.Dir(claude) + ":" + os.Getenv("PATH"),
			"HTTPS_PROXY=" + service.URL, "NODE_EXTRA_CA_CERTS=" + service.CA,
			"ANTHROPIC_BASE_URL=http://127.0.0.1:1", // is not passed on
		},
	}, service
}

func TestRealClaudeRenewsTheLogin(t *testing.T) {
	for name, left := range map[string]time.Duration{"expired": -time.Hour, "four minutes left": 4 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			r, service := real(t, left)
			result, err := r.Refresh(t.Context())
			if err != nil {
				t.Fatalf("%v; asked for %v, grants %v", err, service.Hosts(), service.Grants())
			}
			if !result.Ran || result.Credential.Access.Reveal() != fakeoauth.Access(1) || result.Credential.Freshness(time.Now()) != creds.Fresh {
				t.Errorf("%+v", result)
			}
			var stored struct {
				ClaudeAiOauth struct{ AccessToken, RefreshToken string }
			}
			b, err := os.ReadFile(filepath.Join(r.Home, ".claude", file.Name))
			must(t, err)
			must(t, json.Unmarshal(b, &stored))
			if stored.ClaudeAiOauth.AccessToken != fakeoauth.Access(1) || stored.ClaudeAiOauth.RefreshToken != fakeoauth.Refresh(1) {
				t.Error("Claude did not store what it got")
			}
			if grants := service.Grants(); !slices.Equal(grants, []fakeoauth.Grant{{Type: "refresh_token", Granted: true}}) {
				t.Errorf("grants: %v", grants)
			}
			left, err := os.ReadDir(r.Dir)
			must(t, err)
			for _, entry := range left {
				if strings.HasPrefix(entry.Name(), "empty-") {
					t.Errorf("left behind: %s", entry.Name())
				}
			}
		})
	}
}

func TestRealClaudeWithTimeLeftIsNotRun(t *testing.T) {
	r, service := real(t, 20*time.Minute)
	result, err := r.Refresh(t.Context())
	if err != nil || result.Ran || len(service.Grants()) > 0 {
		t.Errorf("%+v, %v, grants %v", result, err, service.Grants())
	}
}

// A refresh token works once. When it was used by somebody else, the login is
// over, and the user has to know.
func TestRealClaudeWithAUsedRefreshToken(t *testing.T) {
	r, service := real(t, -time.Hour)
	first, err := r.Refresh(t.Context())
	must(t, err)
	must(t, os.WriteFile(filepath.Join(r.Home, ".claude", file.Name),
		lab.Login{Access: "sk-ant-oat01-first", Refresh: firstRefresh, Expires: time.Now().Add(-time.Hour)}.JSON(), 0o600))
	result, err := r.Refresh(t.Context())
	if err == nil || (!errors.Is(err, ErrEnded) && !errors.Is(err, ErrNotRenewed)) {
		t.Errorf("%+v after %+v, %v; grants %v", result, first, err, service.Grants())
	}
}
