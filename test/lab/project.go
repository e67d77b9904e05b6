package lab

import (
	"context"
	"net"
	"strings"

	"dclaude/launcher/fakeapi"
)

// ServeAPI starts a fake API where containers of the engine's default network
// reach it, for programs that show or measure dclaude.
func (l *Lab) ServeAPI(ctx context.Context, host string, rules ...fakeapi.Rule) (url string, stop func(), err error) {
	gateway, err := l.docker(host, "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").output(ctx)
	if err != nil {
		return "", nil, err
	}
	return fakeapi.New(rules...).Start(net.JoinHostPort(gateway, "0"))
}

// RemoveProject removes what sessions of a project left in the engine:
// containers, and the volume with their state.
func (l *Lab) RemoveProject(ctx context.Context, host, project string) {
	for _, kind := range []string{"container", "volume"} {
		list := []string{kind, "ls", "-q", "--filter", "label=dev.dclaude.project=" + project}
		if kind == "container" {
			list = append(list, "--all")
		}
		out, err := l.docker(host, list...).output(ctx)
		if err == nil && out != "" {
			_, _ = l.docker(host, append([]string{kind, "rm", "-f"}, strings.Fields(out)...)...).output(ctx)
		}
	}
}
