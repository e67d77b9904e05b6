package plan

import (
	"fmt"

	"dclaude/launcher/config"
)

// Isolation is what a session is planned to run under. What it does run under
// is observed later.
type Isolation struct {
	// Kind is "runsc" (gVisor registered with the engine), "nested" (gVisor
	// carried by dclaude) or "runc" (the engine's default runtime).
	Kind string `json:"kind"`
	// Runtime is the engine's name of the runtime; empty is its default.
	Runtime string `json:"runtime,omitempty"`
}

// GVisor says whether the session's system calls meet gVisor's kernel.
func (i Isolation) GVisor() bool { return i.Kind != "runc" }

// String is what people call it.
func (i Isolation) String() string {
	if i.GVisor() {
		return "gVisor (" + i.Kind + ")"
	}
	return "no gVisor (" + i.Kind + ")"
}

// ChooseIsolation picks the best isolation that a setting allows and an
// engine has: "auto" falls back with a warning, "gvisor" takes either form of
// gVisor or refuses, and a kind by name is taken or refused.
func ChooseIsolation(setting string, e Engine) (Isolation, []Warning, error) {
	switch setting {
	case "runsc":
		if e.Registered == "" {
			return Isolation{}, nil, refuse(setting, registeredReason(e))
		}
	case "nested":
		if !e.Nested {
			return Isolation{}, nil, refuse(setting, e.NoNested)
		}
		return Isolation{Kind: "nested"}, nil, nil
	case "runc":
		return Isolation{Kind: "runc"}, nil, nil
	}
	switch {
	case e.Registered != "":
		return Isolation{Kind: "runsc", Runtime: e.Registered}, nil, nil
	case e.Nested:
		return Isolation{Kind: "nested"}, nil, nil
	case setting == "gvisor":
		return Isolation{}, nil, refuse(setting, registeredReason(e)+"; "+e.NoNested)
	}
	return Isolation{Kind: "runc"}, []Warning{{
		Text: "no gVisor: this session shares the engine's kernel (runc)\n" + registeredReason(e) + "\n" + e.NoNested,
		Hint: "--isolation gvisor refuses to start like this; --isolation runc asks for it, and is not warned of",
	}}, nil
}

func registeredReason(e Engine) string {
	if e.NoRegistered != "" {
		return e.NoRegistered
	}
	return "runsc is not registered with the engine"
}

func refuse(setting, why string) error {
	return &Refusal{
		Text: fmt.Sprintf("isolation %q cannot be had here: %s", setting, why),
		Cure: "--isolation auto takes the best there is, and says what that is",
	}
}

// chooseNetwork returns the engine's network mode. A session with an allow-list
// gets a network of its own instead (leadOut).
func chooseNetwork(s config.Settings, i Isolation) (mode string, w []Warning) {
	switch s.Network {
	case "none":
		return "none", nil
	case "allowlist":
		return "", nil
	}
	w = []Warning{{Text: "the network is open: the session can reach every host that this machine can"}}
	if s.Firewall && i.Kind == "runsc" {
		w = append(w, Warning{Text: "--firewall has no effect under a registered gVisor, which has no packet filter"})
	}
	return "", w
}
