package image

import (
	"maps"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	wanted := Wanted{Digest: "sha256:1", ClaudeVersion: "2.1.330", Version: "1.0"}
	latest := Wanted{Digest: "sha256:1", Version: "1.0"}
	with := func(w Wanted, key, value string) map[string]string {
		l := maps.Clone(w.Labels())
		l[key] = value
		return l
	}
	tests := []struct {
		name   string
		labels map[string]string
		want   Wanted
		state  State
		reason string
	}{
		{"the same", wanted.Labels(), wanted, UpToDate, ""},
		{"the same, moving", latest.Labels(), latest, UpToDate, ""},
		{"moving, by name", latest.Labels(), Wanted{Digest: "sha256:1", ClaudeVersion: "latest"}, UpToDate, ""},
		{"other labels", with(wanted, "org.example", "x"), wanted, UpToDate, ""},
		{"another dclaude", with(wanted, LabelVersion, "0.9"), wanted, UpToDate, ""},
		{"no image", nil, wanted, Missing, "there is none that dclaude built"},
		{"no labels", map[string]string{}, wanted, Missing, "there is none that dclaude built"},
		{"the seed's", map[string]string{"maintainer": "me"}, wanted, Missing, "none that dclaude built"},
		{"context", with(wanted, LabelContext, "sha256:2"), wanted, ContextChanged, "has changed"},
		{"context and version", with(latest, LabelContext, "sha256:2"), wanted, ContextChanged, "has changed"},
		{"version", with(wanted, LabelClaude, "2.0.0"), wanted, VersionChanged, "Claude Code 2.1.330 is wanted and it was built for 2.0.0"},
		{"pinned", latest.Labels(), wanted, VersionChanged, "Claude Code 2.1.330 is wanted and it was built for latest"},
		{"unpinned", wanted.Labels(), latest, VersionChanged, "Claude Code latest is wanted and it was built for 2.1.330"},
		{"no version", map[string]string{LabelContext: "sha256:1"}, wanted, VersionChanged, "built for latest"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Check(tt.labels, tt.want)
			if got.State != tt.state || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("got %+v, want %s %q", got, tt.state, tt.reason)
			}
			if got.UpToDate() != (tt.state == UpToDate) || got.UpToDate() != (got.Reason == "") {
				t.Errorf("%+v contradicts itself", got)
			}
		})
	}
}

func TestZeroDecisionBuilds(t *testing.T) {
	if (Decision{}).UpToDate() {
		t.Error("a decision that nobody took says that the image is up to date")
	}
}

func TestLabels(t *testing.T) {
	got := Wanted{Digest: "d", ClaudeVersion: "1.2.3", Version: "v"}.Labels()
	want := map[string]string{"dev.dclaude.context": "d", "dev.dclaude.claude-version": "1.2.3", "dev.dclaude.version": "v"}
	if !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	got = Wanted{Digest: "d", ClaudeVersion: "1.2.3", Version: "v", GVisorVersion: "v0"}.Labels()
	want["dev.dclaude.gvisor-version"] = "v0"
	if !maps.Equal(got, want) {
		t.Errorf("with gVisor: %v", got)
	}
}
