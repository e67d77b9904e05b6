package plan

import (
	"slices"
	"strings"
	"testing"

	"dclaude/launcher/handoff"
)

func nestedRequest() Request {
	r := request()
	r.Settings.Network = "none" // no other warning
	r.Host.Engine = Engine{Nested: true}
	return r
}

// What the container around a gVisor of ours may do: a change has to be made
// here too.
func TestNestedIsTheLeast(t *testing.T) {
	p := build(t, nestedRequest())
	c := p.Container
	if p.Isolation != (Isolation{Kind: "nested"}) || p.Handoff.Isolation != handoff.Nested || c.Runtime != "" {
		t.Errorf("%+v, handoff %q, runtime %q", p.Isolation, p.Handoff.Isolation, c.Runtime)
	}
	if want := []string{"CHOWN", "SETGID", "SETUID", "SYS_CHROOT"}; !slices.Equal(c.CapAdd, want) {
		t.Errorf("capabilities %v, want %v", c.CapAdd, want)
	}
	if !c.ReadOnly || c.Seccomp != SeccompNested || !slices.Equal(c.SecurityOpt, []string{"no-new-privileges"}) {
		t.Errorf("read-only %v, seccomp %q, options %v", c.ReadOnly, c.Seccomp, c.SecurityOpt)
	}
	if len(c.Tmpfs) != 2 || c.Tmpfs["/run"] == "" || c.Tmpfs["/tmp"] == "" {
		t.Errorf("tmpfs %v", c.Tmpfs)
	}
	// Commands beside the session start as the container's root, and go inside.
	if c.User != "0:0" || p.User() != "0:0" || c.Labels[LabelUser] != "0:0" || p.UID != 501 {
		t.Errorf("user %s, %s, label %s, ids %d", c.User, p.User(), c.Labels[LabelUser], p.UID)
	}
	if c.Labels[LabelIsolation] != "nested" || c.Env[len(c.Env)-1] != "DCLAUDE_NESTED=1" {
		t.Errorf("labels %v, environment %v", c.Labels, c.Env)
	}
}

// The sign that a session is nested cannot be taken away by a setting, and
// another session does not have it.
func TestNestedSign(t *testing.T) {
	r := nestedRequest()
	r.Settings.Env = []string{"DCLAUDE_NESTED=", "ZZZ=1"}
	env := build(t, r).Container.Env
	if want := []string{"ZZZ=1", "DCLAUDE_NESTED=1"}; !slices.Equal(env[len(env)-2:], want) || slices.Contains(env, "DCLAUDE_NESTED=") {
		t.Errorf("environment %q", env)
	}
	for _, kv := range build(t, request()).Container.Env {
		if strings.HasPrefix(kv, handoff.NestedEnv) {
			t.Errorf("a registered runsc gets %s", kv)
		}
	}
}

func TestNestedCapabilities(t *testing.T) {
	tests := []struct {
		uid, gid int
		firewall bool
		more     []string
	}{
		{501, 20, false, nil},
		{0, 20, false, []string{"SETFCAP"}},
		{501, 0, false, []string{"SETFCAP"}},
		{501, 20, true, []string{"NET_ADMIN", "NET_RAW"}},
		{0, 0, true, []string{"SETFCAP", "NET_ADMIN", "NET_RAW"}},
	}
	for _, tt := range tests {
		if got := nestedCapabilities(tt.uid, tt.gid, tt.firewall)[4:]; !slices.Equal(got, tt.more) {
			t.Errorf("%d:%d, firewall %v: %v, want %v", tt.uid, tt.gid, tt.firewall, got, tt.more)
		}
	}
}

// A folder of root's is no reason for a warning: inside, the session is an
// ordinary user.
func TestNestedForRootsFolder(t *testing.T) {
	r := nestedRequest()
	r.Host.UID, r.Host.GID, r.Project.UID, r.Project.GID = 0, 0, 0, 0
	p := build(t, r)
	if p.UID != 0 || len(p.Warnings) != 0 || !slices.Contains(p.Container.CapAdd, "SETFCAP") {
		t.Errorf("ids %d, warnings %v, capabilities %v", p.UID, p.Warnings, p.Container.CapAdd)
	}
}

func TestNestedUnderAccessControl(t *testing.T) {
	tests := []struct {
		name      string
		engine    Engine
		forbidden string // part of the reason; "" where a trial decides
		option    string
	}{
		{"neither", Engine{}, "", ""},
		{"AppArmor", Engine{AppArmor: true}, "", "apparmor=dclaude-nested"},
		{"SELinux", Engine{SELinux: true}, "SELinux", ""},
		{"both", Engine{AppArmor: true, SELinux: true}, "SELinux", "apparmor=dclaude-nested"},
		{"remapped ids", Engine{UserNS: true}, "userns-remap", ""},
		{"rootless", Engine{Rootless: true}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			why := NestedForbidden(tt.engine)
			if (why == "") != (tt.forbidden == "") || !strings.Contains(why, tt.forbidden) {
				t.Errorf("forbidden: %q", why)
			}
			c, h := NestedProbe(tt.engine, "v1")
			r := nestedRequest()
			r.Host.Engine = tt.engine
			r.Host.Engine.Nested, r.Host.Engine.UserNS = true, false
			session := build(t, r)
			for _, options := range [][]string{c.SecurityOpt, session.Container.SecurityOpt} {
				if slices.Contains(options, tt.option) != (tt.option != "") || slices.Contains(options, "apparmor=unconfined") {
					t.Errorf("options %v, want %q", options, tt.option)
				}
			}
			// A trial shows something only if it is like the real thing.
			if c.Seccomp != session.Container.Seccomp || !slices.Equal(c.CapAdd, session.Container.CapAdd) ||
				c.ReadOnly != session.Container.ReadOnly || c.User != session.Container.User || c.Tmpfs["/run"] != session.Container.Tmpfs["/run"] ||
				h.Isolation != session.Handoff.Isolation || !slices.Contains(c.Env, "DCLAUDE_NESTED=1") || !slices.Equal(c.Entrypoint, session.Container.Entrypoint) {
				t.Errorf("the probe is another container than a session:\n%+v\n%+v", c, session.Container)
			}
			if len(c.Mounts) > 0 {
				t.Errorf("the probe mounts %+v", c.Mounts)
			}
		})
	}
}

func TestNestedFailed(t *testing.T) {
	missing := `start container "x": AppArmor profile not found`
	if got := NestedFailed(Engine{AppArmor: true}, missing); !strings.Contains(got, "dclaude apparmor") || !strings.Contains(got, AppArmorProfile) {
		t.Errorf("AppArmor: %q", got)
	}
	for _, e := range []Engine{{}, {AppArmor: true}} {
		if got := NestedFailed(e, "gVisor ended unexpectedly"); !strings.Contains(got, "gVisor ended unexpectedly") || strings.Contains(got, "dclaude apparmor") {
			t.Errorf("%+v: %q", e, got)
		}
	}
}

// A trial of Claude Code is like a session under its isolation, without a
// network and with nothing of the user's.
func TestTrial(t *testing.T) {
	for _, i := range []Isolation{{Kind: "runsc", Runtime: "runsc"}, {Kind: "runc"}, {Kind: "nested"}} {
		c, h := Trial(i, Engine{}, "candidate", "v1", []string{"claude"})
		r := nestedRequest()
		r.Settings.Isolation = i.Kind
		r.Host.Engine.Registered = "runsc"
		session := build(t, r).Container
		if c.Image != "candidate" || c.NetworkMode != "none" || c.Runtime != session.Runtime || !slices.Equal(c.CapAdd, session.CapAdd) ||
			c.Seccomp != session.Seccomp || c.ReadOnly != session.ReadOnly || (h.Isolation == handoff.Nested) != (i.Kind == "nested") {
			t.Errorf("%s: %+v", i, c)
		}
		if len(c.Mounts) > 0 {
			t.Errorf("%s mounts %+v", i, c.Mounts)
		}
		if strings.Contains(i.String(), "no gVisor") != (i.Kind == "runc") || !strings.Contains(i.String(), i.Kind) {
			t.Errorf("%s is called %q", i.Kind, i)
		}
	}
}

// What an image was found to need counts under the isolation that it was found
// under, and the user's own word above it.
func TestRemedies(t *testing.T) {
	r := nestedRequest()
	r.Remedies = map[string][]string{"nested": {"BUN_JSC_useJIT=0"}, "runc": {"OTHER=1"}}
	env := build(t, r).Container.Env
	if !slices.Contains(env, "BUN_JSC_useJIT=0") || slices.Contains(env, "OTHER=1") {
		t.Errorf("environment %q", env)
	}
	r.Settings.Env = []string{"BUN_JSC_useJIT=1"}
	if env := build(t, r).Container.Env; slices.Contains(env, "BUN_JSC_useJIT=0") || !slices.Contains(env, "BUN_JSC_useJIT=1") {
		t.Errorf("against the user's word: %q", env)
	}
}
