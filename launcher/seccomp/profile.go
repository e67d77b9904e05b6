// Package seccomp makes the seccomp profile of the container in which a nested
// gVisor runs: the engine's own default profile and a few calls more, each
// with its reason. It is pure; the engine evaluates the profile's conditions
// (capabilities, architecture, kernel version) when it makes the container.
package seccomp

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// defaultProfile is the default profile of the module
// github.com/moby/profiles/seccomp, in the form that engines read. The module
// makes it on Linux alone, so it is kept here as data; a test compares the two.
//
//go:embed default.json
var defaultProfile []byte

// Arg is a condition on one argument of a call: the argument with Mask applied
// has to equal Equals.
type Arg struct {
	Index  uint
	Mask   uint64
	Equals uint64
}

// Addition is one call that the container is allowed beyond the default.
type Addition struct {
	// Call is the system call's name.
	Call string
	// Arg narrows it; nil allows every use.
	Arg *Arg
	// Reason says what in gVisor needs it. Where it speaks of a namespace, the
	// kernel grants the call only to a process that has made a user namespace
	// of its own; the container itself holds no CAP_SYS_ADMIN.
	Reason string
}

// Flags of clone(2) that make namespaces, from linux/sched.h.
const (
	newNS     = 0x00020000
	newCgroup = 0x02000000
	newUTS    = 0x04000000
	newIPC    = 0x08000000
	newUser   = 0x10000000
	newPID    = 0x20000000
	newNet    = 0x40000000

	namespaces = newNS | newCgroup | newUTS | newIPC | newUser | newPID | newNet
)

// mntDetach is the flag of umount2(2), from sys/mount.h.
const mntDetach = 2

// Added lists what the profile allows beyond the engine's default. That each
// is needed, and that these suffice, is a test against a real engine
// (test/nested).
func Added() []Addition {
	return []Addition{
		{"clone", flags(newUser), "the init starts runsc in a user namespace, in which root is nobody of the container"},
		{"clone", flags(newNS | newIPC | newPID | newUTS | newNet), "runsc starts the process that serves files with a view of its own of mounts, processes and the network, which is empty"},
		{"clone", flags(newNS | newIPC | newPID | newUTS), "runsc starts the sandbox likewise; the network is the container's"},
		{"mount", nil, "both build an empty root for themselves, in their own mount namespace, and bind into it what the session may see"},
		{"pivot_root", nil, "both move into that root, so that the container's file system is out of reach"},
		{"umount2", &Arg{Index: 1, Mask: ^uint64(0), Equals: mntDetach}, "both let go of the old root and of /proc"},
	}
}

func flags(set uint64) *Arg { return &Arg{Index: 0, Mask: namespaces, Equals: set} }

// Profile returns the profile as JSON, for the engine's security option
// "seccomp=". It fails only if the embedded default is broken.
func Profile() (string, error) { return With(Added()) }

// With returns the default profile with other additions, for tests that show
// what happens without one.
func With(added []Addition) (string, error) {
	var profile map[string]json.RawMessage
	if err := json.Unmarshal(defaultProfile, &profile); err != nil {
		return "", fmt.Errorf("read the default seccomp profile: %w", err)
	}
	var rules []json.RawMessage
	if err := json.Unmarshal(profile["syscalls"], &rules); err != nil {
		return "", fmt.Errorf("read the default seccomp profile: %w", err)
	}
	for _, a := range added {
		rule, err := json.Marshal(a.rule())
		if err != nil {
			return "", fmt.Errorf("add %s to the seccomp profile: %w", a.Call, err)
		}
		rules = append(rules, rule)
	}
	text, err := json.Marshal(rules)
	if err != nil {
		return "", fmt.Errorf("write the seccomp profile: %w", err)
	}
	profile["syscalls"] = text
	if text, err = json.Marshal(profile); err != nil {
		return "", fmt.Errorf("write the seccomp profile: %w", err)
	}
	return string(text), nil
}

// rule and ruleArg are the engine's form of an addition.
type rule struct {
	Names   []string  `json:"names"`
	Action  string    `json:"action"`
	Args    []ruleArg `json:"args,omitempty"`
	Comment string    `json:"comment"`
}

type ruleArg struct {
	Index    uint   `json:"index"`
	Value    uint64 `json:"value"`
	ValueTwo uint64 `json:"valueTwo"`
	Op       string `json:"op"`
}

func (a Addition) rule() rule {
	r := rule{Names: []string{a.Call}, Action: "SCMP_ACT_ALLOW", Comment: a.Reason}
	if a.Arg != nil {
		r.Args = []ruleArg{{Index: a.Arg.Index, Value: a.Arg.Mask, ValueTwo: a.Arg.Equals, Op: "SCMP_CMP_MASKED_EQ"}}
	}
	return r
}
