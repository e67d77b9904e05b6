package assets

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

func dockerfile(t *testing.T) string {
	t.Helper()
	b, err := fs.ReadFile(Image(), "Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The names and packages of the seed, on which others rely.
func TestDockerfileKeepsTheContract(t *testing.T) {
	text := dockerfile(t)
	for _, want := range []string{
		"ARG BASE_IMAGE=node:22-bookworm-slim", "ARG USER_ID=501", "ARG GROUP_ID=20", "ARG CLAUDE_CODE_VERSION=latest",
		"WORKDIR /workspace", `ENTRYPOINT ["/usr/local/bin/dclaude-guest", "init"]`, `CMD ["claude"]`,
		"CLAUDE_CONFIG_DIR=/home/claude/.claude", "DISABLE_AUTOUPDATER=1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, name := range strings.Fields("git curl sudo zsh fzf ripgrep jq aggregate ca-certificates iptables ipset dnsutils iproute2") {
		if !regexp.MustCompile(`(?m)^\s+` + name + `( \\|;)`).MatchString(text) {
			t.Errorf("package %s is not installed", name)
		}
	}
}

// The classic builder of old engines knows none of these. A "#" that is not a
// comment's would be a parser directive.
func TestDockerfileIsForBothBuilders(t *testing.T) {
	text := regexp.MustCompile(`(?m)^# .*$`).ReplaceAllString(dockerfile(t), "")
	for _, word := range []string{"<<", "--mount", "--link", "--chmod", "--chown", "TARGETARCH", "TARGETPLATFORM", "#"} {
		if strings.Contains(text, word) {
			t.Errorf("%s is not for every builder", word)
		}
	}
}

// A new Claude must not install Debian's packages again, and a new dclaude not
// Claude.
func TestDockerfileOrder(t *testing.T) {
	text := dockerfile(t)
	at := 0
	for _, step := range []string{"COPY certificates/", "apt-get", "ARG USER_ID", "useradd", "COPY gvisor/", "COPY packages/", "xargs -r apt-get", "ENTRYPOINT", "ARG CLAUDE_CODE_VERSION", "ARG CLAUDE_CODE_REFRESH", "RUN", "npm install", "COPY init-firewall.sh", "COPY dclaude-guest"} {
		i := strings.Index(text[at:], step)
		if i < 0 {
			t.Fatalf("%s is missing, or too early", step)
		}
		at += i
	}
	if strings.Contains(text[at:], "RUN") {
		t.Error("a step runs after the guest program is copied")
	}
}
