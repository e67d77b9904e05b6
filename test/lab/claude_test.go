package lab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestNewestClaude(t *testing.T) {
	l := testLab(t)
	if got := l.newestClaude(); got != "" {
		t.Errorf("of an empty lab: %q", got)
	}
	when := time.Unix(1_700_000_000, 0)
	for i, version := range []string{"2.1.9", "2.1.10", "2.1.1"} {
		path := l.path("claude", version, "node_modules", ".bin", "claude")
		write(t, path, "")
		if err := os.Chtimes(path, when, when.Add(time.Duration(i%2)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := l.newestClaude(), l.path("claude", "2.1.10", "node_modules", ".bin", "claude"); got != want {
		t.Errorf("got %q, want %q, which was installed last", got, want)
	}
	if got, err := l.HostClaude(t.Context()); err != nil || got != l.newestClaude() {
		t.Errorf("HostClaude = %q, %v: want what is there", got, err)
	}
}

func TestLoginJSON(t *testing.T) {
	expires := time.UnixMilli(1_800_000_000_123)
	for name, refresh := range map[string]string{"with refresh token": "R", "without": ""} {
		t.Run(name, func(t *testing.T) {
			var got struct {
				OAuth map[string]any `json:"claudeAiOauth"`
			}
			if err := json.Unmarshal(Login{Access: "A", Refresh: refresh, Expires: expires}.JSON(), &got); err != nil {
				t.Fatal(err)
			}
			if got.OAuth["accessToken"] != "A" || got.OAuth["expiresAt"] != float64(expires.UnixMilli()) {
				t.Errorf("got %v", got.OAuth)
			}
			if _, there := got.OAuth["refreshToken"]; there != (refresh != "") {
				t.Errorf("refreshToken there: %v", there)
			}
		})
	}
}

func TestPrepareClaude(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "config")
	if err := PrepareClaude(dir, Login{Access: "A"}, "/p q", "/r"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, ".credentials.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("credentials: %v, %v", info, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, ".claude.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Done     bool `json:"hasCompletedOnboarding"`
		Projects map[string]struct {
			Trusted bool `json:"hasTrustDialogAccepted"`
		}
	}
	if err := json.Unmarshal(b, &state); err != nil {
		t.Fatal(err)
	}
	if !state.Done || !state.Projects["/p q"].Trusted || !state.Projects["/r"].Trusted {
		t.Errorf("state = %+v", state)
	}
	if err := PrepareClaude(filepath.Join(dir, "settings.json"), Login{}); err == nil {
		t.Error("no error where a file is in the way")
	}
}
