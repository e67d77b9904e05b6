package image

import (
	"io/fs"
	"maps"
	"strings"
	"testing"

	"dclaude/assets"
)

func TestBuildArgs(t *testing.T) {
	tests := []struct {
		name string
		in   Args
		want map[string]string
	}{
		{"defaults", Args{UserID: DefaultUser, GroupID: DefaultGroup}, map[string]string{
			"BASE_IMAGE": "node:22-bookworm-slim", "USER_ID": "501", "GROUP_ID": "20", "CLAUDE_CODE_VERSION": "latest", "CLAUDE_CODE_REFRESH": "",
		}},
		{"root", Args{}, map[string]string{
			"BASE_IMAGE": "node:22-bookworm-slim", "USER_ID": "0", "GROUP_ID": "0", "CLAUDE_CODE_VERSION": "latest", "CLAUDE_CODE_REFRESH": "",
		}},
		{"all", Args{Base: "corp/node:22", UserID: 1000, GroupID: 100, Claude: "2.1.330", Refresh: "today", Proxies: map[string]string{"http_proxy": "http://proxy:3128"}}, map[string]string{
			"BASE_IMAGE": "corp/node:22", "USER_ID": "1000", "GROUP_ID": "100", "CLAUDE_CODE_VERSION": "2.1.330", "CLAUDE_CODE_REFRESH": "today", "http_proxy": "http://proxy:3128",
		}},
	}
	for _, tt := range tests {
		if got := BuildArgs(tt.in); !maps.Equal(got, tt.want) {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}

// An argument that the Dockerfile does not name is an error or lost, and its
// defaults are those that are said here.
func TestDockerfileTakesTheArguments(t *testing.T) {
	b, err := fs.ReadFile(assets.Image(), "Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range BuildArgs(Args{UserID: DefaultUser, GroupID: DefaultGroup}) {
		if !strings.Contains(string(b), "\nARG "+name+"="+value+"\n") {
			t.Errorf("no ARG %s=%s", name, value)
		}
	}
}

func TestProxies(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		want map[string]string
		left string
	}{
		{name: "none"},
		{name: "lower case", env: map[string]string{"http_proxy": "http://proxy:3128"}, want: map[string]string{"http_proxy": "http://proxy:3128", "HTTP_PROXY": "http://proxy:3128"}},
		{name: "upper case", env: map[string]string{"HTTPS_PROXY": "proxy.corp:8080"}, want: map[string]string{"https_proxy": "proxy.corp:8080", "HTTPS_PROXY": "proxy.corp:8080"}},
		{name: "lower case first", env: map[string]string{"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, want: map[string]string{"https_proxy": "http://a:1", "HTTPS_PROXY": "http://a:1"}},
		{name: "exceptions", env: map[string]string{"NO_PROXY": "localhost,.corp"}, want: map[string]string{"no_proxy": "localhost,.corp", "NO_PROXY": "localhost,.corp"}},
		{name: "others", env: map[string]string{"ALL_PROXY": "socks5://proxy:1080", "PATH": "/bin"}},
		{name: "password", env: map[string]string{"HTTPS_PROXY": "http://me:hunter2@proxy:3128"}, left: "https_proxy is not used to build the image: it holds a user name or password"},
		{name: "password without scheme", env: map[string]string{"http_proxy": "me:hunter2@proxy:3128"}, left: "it holds a user name or password"},
		{name: "user", env: map[string]string{"http_proxy": "http://hunter2@proxy:3128"}, left: "it holds a user name or password"},
		{name: "loopback", env: map[string]string{"http_proxy": "http://127.0.0.1:3128"}, left: "loopback"},
		{name: "loopback by name", env: map[string]string{"http_proxy": "http://LocalHost:3128/"}, left: "loopback"},
		{name: "loopback, IPv6", env: map[string]string{"http_proxy": "http://[::1]:3128"}, left: "loopback"},
		{name: "broken", env: map[string]string{"http_proxy": "http://pro xy:hunter2"}, left: "it is not an address"},
		{name: "no host", env: map[string]string{"http_proxy": "http://"}, left: "it is not an address"},
		{name: "one of two", env: map[string]string{"http_proxy": "http://me:hunter2@p", "https_proxy": "http://p:1"}, want: map[string]string{"https_proxy": "http://p:1", "HTTPS_PROXY": "http://p:1"}, left: "http_proxy is not used"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, left := Proxies(func(name string) string { return tt.env[name] })
			if !maps.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			lines := strings.Join(left, "\n")
			if (lines == "") != (tt.left == "") || !strings.Contains(lines, tt.left) {
				t.Errorf("left out %q, want %q", lines, tt.left)
			}
			if strings.Contains(lines, "hunter2") {
				t.Errorf("a password in %q", lines)
			}
		})
	}
}
