package guest

import (
	"os"
	"path/filepath"
)

// sandboxName is gVisor's name for the one sandbox of a container.
const sandboxName = "session"

// nest is where the first stage keeps what it makes for a gVisor of our own:
// a folder of root's on the container's /run, which the session never sees.
// The parts that runsc writes to belong to the sandbox's own id, and for reading
// to group 0, in which the first stage is: without CAP_DAC_OVERRIDE, root's
// name alone opens nothing.
type nest struct {
	dir     string
	bundle  string // the OCI bundle
	root    string // mount points of the session's file system
	etc     string // passwd and group as the session sees them
	managed string // /etc/claude-code as the session sees it
	hostGit string
	state   string // runsc's own records
	log     string
	console string // holds the socket on which runsc hands over the terminal
	marker  string // tells a later exec that the session runs, and as whom
	owner   int    // who alone may have made it: root
	group   int    // the first stage's own, root's
}

func nestOf(l layout) nest {
	at := func(elem ...string) string { return filepath.Join(append([]string{l.nest}, elem...)...) }
	return nest{
		dir:     at(),
		bundle:  at("bundle"),
		root:    at("root"),
		etc:     at("etc"),
		managed: at("claude-code"),
		hostGit: at("host-gitconfig"),
		state:   at("state"),
		log:     at("log"),
		console: at("console"),
		marker:  l.nest + ".json",
	}
}

func (n nest) panicLog() string      { return filepath.Join(n.log, "panic.log") }
func (n nest) errorLog() string      { return filepath.Join(n.log, "runsc.log") }
func (n nest) consoleSocket() string { return filepath.Join(n.console, "s") }

// make lays the folders out.
func (n nest) make(who identity) error {
	for _, dir := range []string{n.dir, n.bundle, n.root, n.etc, n.console} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	for _, dir := range []string{n.state, n.log} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
		if err := os.Chown(dir, who.sandbox, n.group); err != nil {
			return err
		}
	}
	return nil
}

// runscFlags are the flags that every runsc command of this session needs.
// Those about files were compared with others; none was clearly faster:
//
//   - exclusive access: what gVisor has looked up it need not look up again. The
//     mounts in which others write are marked shared in the bundle, so that an
//     edit on the host is seen at once.
//   - directfs: gVisor's kernel opens files itself, below descriptors that it
//     was given, instead of asking the gofer for each.
//   - no overlay: the file system is read-only but for the mounts, so there is
//     nothing to keep in memory.
func (n nest) runscFlags() []string {
	return []string{
		"--root=" + n.state,
		"--log=" + n.errorLog(),
		"--panic-log=" + n.panicLog(),
		"--platform=systrap",
		"--ignore-cgroups", // the container's own limits hold for all of it
		"--network=host",   // the container's network, not the host's
		"--host-uds=none",  // a socket in the project is the host's, not ours
		"--host-fifo=none", // nor is a fifo
		"--overlay2=none",
		"--file-access=exclusive",
		"--file-access-mounts=exclusive",
		"--directfs=true",
	}
}
