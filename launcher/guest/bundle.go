package guest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// bundle is all that gVisor is told about a session.
type bundle struct {
	layout   layout
	nest     nest
	who      identity
	args     []string
	env      []string
	dir      string // working directory
	hostname string
	terminal bool
	image    []imageEntry
	managed  bool // there is a folder of managed settings to show
	hostGit  bool // there is a staged git configuration
	gateway  bool // there is a resolv.conf that names a gateway
	limits   limits
}

// spec is the OCI specification of the session. Its root is a folder of empty
// mount points and links, which belong to nobody that the session could be, and
// everything else is a mount: so the processes that serve files to the sandbox
// have nothing of the container's own /proc, /sys, /dev and /run below them,
// not even hidden. (The root is not marked read-only: runsc would remount it
// without noexec, which the container's tmpfs has, and is refused.)
func (b bundle) spec() *specs.Spec {
	process := b.process(b.args, b.env, b.dir)
	process.Terminal = b.terminal
	s := &specs.Spec{
		Version:  "1.0.2",
		Root:     &specs.Root{Path: b.nest.root},
		Process:  process,
		Hostname: b.hostname,
		Mounts:   b.mounts(),
		Linux: &specs.Linux{Namespaces: []specs.LinuxNamespace{
			{Type: specs.PIDNamespace}, {Type: specs.IPCNamespace}, {Type: specs.MountNamespace}, {Type: specs.UTSNamespace},
		}},
		Annotations: map[string]string{},
	}
	for i, source := range b.changing() {
		hint := "dev.gvisor.spec.mount.changing" + strconv.Itoa(i) + "."
		s.Annotations[hint+"source"] = source
		s.Annotations[hint+"type"] = "bind"
		s.Annotations[hint+"share"] = "shared"
	}
	return s
}

// changing are the mounts in which others than the session write while it
// runs: the user, another session, and the engine, which rewrites resolv.conf.
// There gVisor looks anew each time (see nest.runscFlags).
func (b bundle) changing() []string {
	sources := []string{b.layout.workspace, b.layout.state, b.layout.etc}
	if slices.ContainsFunc(b.image, func(e imageEntry) bool { return e.source == b.layout.shown }) {
		sources = append(sources, b.layout.shown)
	}
	return sources
}

// process is a process of the session's user, without any capability and with
// no way to gain one.
func (b bundle) process(args, env []string, dir string) *specs.Process {
	p := &specs.Process{
		User:            specs.User{UID: uint32(b.who.UID), GID: uint32(b.who.GID)}, //nolint:gosec // the engine took the same ids
		Args:            args,
		Env:             env,
		Cwd:             dir,
		NoNewPrivileges: true,
		Capabilities:    &specs.LinuxCapabilities{},
	}
	if n := b.limits.processes(); n > 0 {
		p.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NPROC", Soft: n, Hard: n}}
	}
	return p
}

func (b bundle) mounts() []specs.Mount {
	l, uid, gid := b.layout, strconv.Itoa(b.who.UID), strconv.Itoa(b.who.GID)
	own := []string{"mode=0700", "uid=" + uid, "gid=" + gid}
	var m []specs.Mount
	for _, e := range b.image {
		m = append(m, bind(e.source, e.target, "ro"))
	}
	m = append(m,
		bind(filepath.Join(b.nest.etc, "passwd"), filepath.Join(l.etc, "passwd"), "ro"),
		bind(filepath.Join(b.nest.etc, "group"), filepath.Join(l.etc, "group"), "ro"))
	if b.gateway {
		m = append(m, bind(filepath.Join(b.nest.etc, "resolv.conf"), filepath.Join(l.etc, "resolv.conf"), "ro"))
	}
	if b.managed {
		m = append(m, bind(b.nest.managed, filepath.Dir(l.managed), "ro"))
	}
	m = append(m,
		specs.Mount{Destination: "/proc", Type: "proc", Source: "proc"},
		specs.Mount{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"ro", "nosuid", "noexec", "nodev"}},
		specs.Mount{Destination: "/dev", Type: "tmpfs", Source: "tmpfs"},
		b.tmpfs("/dev/shm", "mode=1777"),
		b.tmpfs("/run", "mode=0755"),
		b.tmpfs(filepath.Join(l.runtime, uid), own...),
		b.tmpfs("/tmp", "mode=1777"),
		b.tmpfs(l.varTmp, "mode=1777"),
		b.tmpfs(l.home, append([]string{"exec"}, own...)...),
		bind(l.state, l.state, "rw"),
		bind(l.workspace, l.workspace, "rw"))
	if b.hostGit {
		m = append(m, bind(b.nest.hostGit, l.hostGit, "ro"))
	}
	return m
}

// tmpfs is memory of the session's, which counts against its limit.
func (b bundle) tmpfs(target string, options ...string) specs.Mount {
	options = append([]string{"nosuid", "nodev"}, options...)
	if size := b.limits.tmpfs(); size > 0 {
		options = append(options, "size="+strconv.FormatUint(size, 10))
	}
	return specs.Mount{Destination: target, Type: "tmpfs", Source: "tmpfs", Options: options}
}

// bind shows source, with whatever is mounted below it, at target.
func bind(source, target, access string) specs.Mount {
	return specs.Mount{Destination: target, Type: "bind", Source: source, Options: []string{"rbind", access, "nosuid", "nodev"}}
}

// write puts the specification where runsc looks for it.
func (b bundle) write() error {
	text, err := json.Marshal(b.spec())
	if err != nil {
		return fmt.Errorf("describe the sandbox: %w", err)
	}
	return os.WriteFile(filepath.Join(b.nest.bundle, "config.json"), text, 0o644)
}
