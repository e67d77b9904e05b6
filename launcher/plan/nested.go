package plan

import (
	"slices"
	"strings"

	"dclaude/launcher/handoff"
)

// AppArmorProfile is the name of our AppArmor profile (package apparmor), for
// engines that have AppArmor: their default profile forbids every mount.
const AppArmorProfile = "dclaude-nested"

// nest turns the plan of an ordinary container into that of one around a
// gVisor of our own.
func nest(p *Plan, r Request) {
	nestContainer(&p.Container, r.Host.Engine, p.UID, p.GID, r.Settings.Firewall)
	p.Handoff.Isolation = handoff.Nested
}

// nestContainer gives a container what nested gVisor takes: a root that nobody
// can write, the fewest capabilities, and a seccomp profile that lets gVisor
// build its sandbox.
func nestContainer(c *Container, e Engine, uid, gid int, firewall bool) {
	c.Seccomp = SeccompNested
	c.SecurityOpt = append(c.SecurityOpt, confinement(e)...)
	c.CapAdd = nestedCapabilities(uid, gid, firewall)
	c.ReadOnly = true
	c.Tmpfs = nestedTmpfs()
	c.Env = nestedEnv(c.Env)
}

// nestedCapabilities are what the init's first stage needs beside a sandbox: to
// give gVisor's folders to its user, to write the maps of the user namespace
// that gVisor runs in, and SYS_CHROOT for gVisor's gofer. A folder of root's
// needs SETFCAP, without which the kernel maps no root (Linux 5.12).
func nestedCapabilities(uid, gid int, firewall bool) []string {
	caps := []string{"CHOWN", "SETGID", "SETUID", "SYS_CHROOT"}
	if uid == 0 || gid == 0 {
		caps = append(caps, "SETFCAP")
	}
	if firewall {
		caps = append(caps, "NET_ADMIN", "NET_RAW")
	}
	return caps
}

// nestedEnv adds the container's sign that its session is nested, which no
// setting can take away.
func nestedEnv(env []string) []string {
	kept := slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.HasPrefix(kv, handoff.NestedEnv+"=") })
	return append(kept, handoff.NestedEnv+"=1")
}

// nestedTmpfs are the only places outside the sandbox that can be written. What
// is put there counts against the session's memory; it is little.
func nestedTmpfs() map[string]string {
	return map[string]string{"/run": "mode=0755,size=64m", "/tmp": "mode=1777,size=64m"}
}

// confinement is the security option that an engine's access control needs.
func confinement(e Engine) []string {
	if e.AppArmor {
		return []string{"apparmor=" + AppArmorProfile}
	}
	return nil
}

// NestedForbidden tells why nested gVisor is out of the question on an engine,
// whatever a trial would show; empty if it is not.
func NestedForbidden(e Engine) string {
	switch {
	case e.SELinux:
		return "nested gVisor: SELinux confines this engine's containers, and its policy lets none of them mount"
	case e.UserNS:
		return "nested gVisor: the engine remaps user ids (userns-remap)"
	}
	return ""
}

// NestedFailed explains a trial of nested gVisor that failed.
func NestedFailed(e Engine, why string) string {
	if e.AppArmor && strings.Contains(strings.ToLower(why), "apparmor") {
		return "nested gVisor: the engine's machine has not loaded the AppArmor profile " + AppArmorProfile +
			" (dclaude apparmor says how)"
	}
	return "nested gVisor does not work here: " + why
}
