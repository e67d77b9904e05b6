package plan

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"dclaude/launcher/config"
	"dclaude/launcher/egress"
)

// GatewayImage is the tag of the image that gateways run.
const GatewayImage = "claude-sandbox-gateway"

// Network is one that the engine makes for a session: without a way out, and
// without an address of the engine's machine.
type Network struct {
	Name   string            `json:"name"`
	Subnet netip.Prefix      `json:"subnet"`
	Labels map[string]string `json:"labels"`
}

// Gateway is a session's only way out: a network of its own, and on it, besides
// the session, one container that also is on the engine's network Egress.
type Gateway struct {
	Network   Network   `json:"network"`
	Egress    string    `json:"egress"`
	Container Container `json:"container"`
	// Setup is what the gateway is told at its start.
	Setup egress.Setup `json:"setup"`
	// Late has it made when the session's container runs. Under nested gVisor
	// that has a sandbox to start then, and Claude waits for neither.
	Late bool `json:"late,omitempty"`
}

// Reach is what an allow-list is made of, besides the settings.
type Reach struct {
	// Subnet is free for the session's network.
	Subnet netip.Prefix
	// Egress is the engine's network by which a gateway reaches the world.
	Egress string
	// Hosts are this machine's addresses.
	Hosts []netip.Prefix
	// Registries are rules for the package registries that the tools in the
	// image, and the user's own configuration, name.
	Registries []string
	// Granted and Denied are rules that the user has set for this project, or
	// for all, by other means than the settings.
	Granted, Denied []string
	// Presets are the rules that names such as "@npm" stand for.
	Presets map[string][]string
}

// claudeHosts are what Claude Code needs: its API, signing in and refreshing,
// and what it optionally uses. Hosts for telemetry are not among them (FACTS 4).
var claudeHosts = []string{
	"api.anthropic.com",
	"platform.claude.com",
	"claude.ai",
	"claude.com",
	"mcp-proxy.anthropic.com",
	"downloads.claude.ai",
}

// githubHosts serve git over https and what releases consist of.
var githubHosts = []string{
	"github.com",
	"api.github.com",
	"codeload.github.com",
	"raw.githubusercontent.com",
	"objects.githubusercontent.com",
	"release-assets.githubusercontent.com",
}

// The names of presets that are not those of a tool.
const (
	PresetClaude = "@claude"
	PresetGitHub = "@github"
)

// allowList is the policy that settings and facts make.
func allowList(s config.Settings, r Reach) ([]string, error) {
	list := slices.Clone(claudeHosts)
	if s.Policy != "strict" {
		list = append(append(list, githubHosts...), r.Registries...)
	}
	list = append(list, r.Granted...)
	for _, rule := range s.Allow {
		rules, err := Expand(rule, r.Presets)
		if err != nil {
			return nil, err
		}
		list = append(list, rules...)
	}
	return unique(list), nil
}

// unlimited warns of an allow-list that is none.
func unlimited(allow []string) []Warning {
	rules, err := egress.ParseRules(allow)
	if err != nil {
		return nil // whoever encodes the setup finds it, too
	}
	if wide := egress.Wide(rules); len(wide) > 0 {
		return []Warning{{
			Text: "the allow-list has a rule for everything, " + strings.Join(egress.Strings(wide), ", ") + ": what the session can read, it can send to anybody",
			Hint: "dclaude net policy shows the list",
		}}
	}
	return nil
}

// Expand returns the rules that a name such as "@npm" stands for; what is no
// such name stands for itself.
func Expand(rule string, presets map[string][]string) ([]string, error) {
	if rule == "" || rule[0] != '@' {
		return []string{rule}, nil
	}
	switch rule {
	case PresetClaude:
		return slices.Clone(claudeHosts), nil
	case PresetGitHub:
		return slices.Clone(githubHosts), nil
	}
	rules, ok := presets[rule]
	if !ok {
		return nil, &Refusal{
			Text: fmt.Sprintf("%s stands for no host here: neither a tool of that name in the image nor your own configuration of it names one", rule),
			Cure: "name the host itself, as in --allow packages.example.com",
		}
	}
	return rules, nil
}

func unique(list []string) []string {
	var kept []string
	for _, s := range list {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// The fixed places on a session's network. The first address is the engine's,
// even where it does not use it.
const (
	gatewayPlace = 2
	sandboxPlace = 3
)

func place(p netip.Prefix, n int) netip.Addr {
	a := p.Addr()
	for range n {
		a = a.Next()
	}
	return a
}

// gateway plans a session's way out.
func gateway(r Request) (*Gateway, error) {
	if !r.Reach.Subnet.IsValid() {
		return nil, fmt.Errorf("plan: no addresses for the network of session %s", r.Session)
	}
	allow, err := allowList(r.Settings, r.Reach)
	if err != nil {
		return nil, err
	}
	return GatewayOf(egress.Setup{
		Session: r.Session, Address: place(r.Reach.Subnet, gatewayPlace), Subnet: r.Reach.Subnet, Sandbox: place(r.Reach.Subnet, sandboxPlace),
		Hosts: r.Reach.Hosts, Allow: allow, Deny: r.Reach.Denied,
	}, r.Reach.Egress, r.Project.Path, r.Version), nil
}

// GatewayOf is the gateway of a session that has been planned before, for one
// that has to be made again. network is Reach.Egress.
func GatewayOf(s egress.Setup, network, project, version string) *Gateway {
	name := ContainerName(s.Session)
	label := func(role string) map[string]string {
		return map[string]string{LabelRole: role, LabelSession: s.Session, LabelProject: project, LabelVersion: version}
	}
	return &Gateway{
		Network: Network{Name: name, Subnet: s.Subnet, Labels: label(RoleNetwork)},
		Egress:  network,
		Setup:   s,
		Container: Container{
			Name:        GatewayName(s.Session),
			Image:       GatewayImage,
			Hostname:    "gateway",
			User:        "65534:65534",
			Env:         []string{"GOMEMLIMIT=" + strconv.Itoa(gatewayMemory*3/4)},
			Labels:      label(RoleGateway),
			Endpoint:    &Endpoint{Network: name, Address: s.Address},
			SecurityOpt: []string{"no-new-privileges"},
			KeepOutput:  true,
			ReadOnly:    true,
			Tmpfs:       map[string]string{"/run": "rw,noexec,nosuid,nodev,mode=0700,uid=65534,gid=65534,size=4m"},
			Limits:      Limits{MemoryBytes: gatewayMemory, Pids: 256},
		},
	}
}

// GatewayName is the engine's name for the container of a session's gateway.
func GatewayName(session string) string { return ContainerName(session) + "-gateway" }

// gatewayMemory is enough for 2000 connections at once.
const gatewayMemory = 256 << 20

// admit puts a session's container on the gateway's network, and on no other.
func (g *Gateway) admit(c *Container) {
	if g == nil {
		return
	}
	c.NetworkMode = ""
	c.Endpoint = &Endpoint{Network: g.Network.Name, Address: place(g.Network.Subnet, sandboxPlace)}
	c.Resolver = g.Setup.Address
}

// environment leads programs to the gateway. Both spellings are in use: curl
// reads only the lower one of the first. Whoever unsets them finds no other way.
func (g *Gateway) environment() map[string]string {
	if g == nil {
		return nil
	}
	proxy := "http://" + netip.AddrPortFrom(g.Setup.Address, egress.PortProxy).String()
	const direct = "localhost,127.0.0.1,::1"
	return map[string]string{
		"HTTP_PROXY": proxy, "http_proxy": proxy,
		"HTTPS_PROXY": proxy, "https_proxy": proxy,
		"NO_PROXY": direct, "no_proxy": direct,
		"CLAUDE_CODE_PROXY_RESOLVES_HOSTS": "1", // a name server that refuses is no reason to wait (FACTS 4)
		"NODE_USE_ENV_PROXY":               "1", // Node's own fetch heeds them only then
		"GIT_SSH_COMMAND":                  "/usr/local/bin/dclaude-guest ssh",
	}
}

// hookProgram reports one of Claude's hooks to the gateway; what follows are a
// word and the gateway's address.
const hookProgram = "/usr/local/bin/dclaude-guest hook"

// managedHooks are settings that the session cannot change: Claude reports that
// it waits for its user, and that it has finished. Nothing but the word gets out.
func managedHooks(gateway netip.Addr) json.RawMessage {
	run := func(word egress.Hook) any {
		return []any{map[string]any{"hooks": []any{map[string]any{
			"type": "command", "command": fmt.Sprintf("%s %s %s", hookProgram, word, gateway), "timeout": 5,
		}}}}
	}
	b, err := json.Marshal(map[string]any{"hooks": map[string]any{
		"Notification": run(egress.HookWaiting), "Stop": run(egress.HookFinished),
	}})
	if err != nil {
		panic(fmt.Sprintf("plan: the hooks cannot be encoded: %v", err)) // maps and strings
	}
	return b
}
