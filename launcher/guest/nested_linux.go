package guest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"dclaude/launcher/handoff"
)

// cgroupRoot is where a container sees its own control group.
const cgroupRoot = "/sys/fs/cgroup"

// The descriptors that the second stage gets: the handoff, and one on which it
// says that the session runs.
const (
	handoffFD = 3
	readyFD   = 4
)

// runNested is the first stage of a nested session: root of the container,
// which is read-only but for /run and /tmp. It describes the session to gVisor,
// starts it with the second stage as its only program, and stays as its
// parent: it carries the terminal, passes signals on, and reaps.
func runNested(l layout, h handoff.Handoff, args []string) int {
	n := nestOf(l)
	holdLifeline(h.Gateway) // the second stage waits for it
	passwd, err := os.ReadFile(filepath.Join(l.etc, "passwd"))
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	who := identify(h, passwd)
	if err := prepareNest(l, n, h, who); err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	b, err := describe(l, n, h, who, args)
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	if err := b.write(); err != nil {
		return fail(os.Stderr, exitFailure, fmt.Errorf("prepare the sandbox: %w", err))
	}
	code, err := startSandbox(l, n, who, h, b.terminal)
	if err != nil {
		return fail(os.Stderr, code, err)
	}
	return code
}

// prepareNest does as root what prepare does, on copies that the session will
// see in place of the image's files.
func prepareNest(l layout, n nest, h handoff.Handoff, who identity) error {
	if h.Firewall {
		if err := raiseFirewall(l.firewall); err != nil {
			warn(os.Stderr, fmt.Errorf("firewall not initialised, the network is open: %w", err))
		}
	}
	if err := n.make(who); err != nil {
		return fmt.Errorf("prepare the sandbox: %w", err)
	}
	for _, name := range []string{"passwd", "group"} {
		if err := copyFile(filepath.Join(l.etc, name), filepath.Join(n.etc, name), 0o644); err != nil {
			return fmt.Errorf("prepare the user: %w", err)
		}
	}
	copied := l
	copied.etc = n.etc
	if err := makeAccount(copied, who.UID, who.GID); err != nil {
		return fmt.Errorf("prepare the user: %w", err)
	}
	if h.Gateway != "" {
		if err := os.WriteFile(filepath.Join(n.etc, "resolv.conf"), []byte(resolverFile(h.Gateway)), 0o644); err != nil {
			return fmt.Errorf("name server: %w", err)
		}
	}
	// The mount point itself; what lies in the volume is not touched from here.
	if err := lchown(l.state, h.UID, h.GID); err != nil {
		return fmt.Errorf("prepare the state volume: %w", err)
	}
	if hasManaged(h) {
		if err := nestManaged(l, n, h); err != nil {
			return err
		}
	}
	if h.Gitconfig != "" {
		if err := os.WriteFile(n.hostGit, []byte(h.Gitconfig), 0o444); err != nil {
			return fmt.Errorf("stage the git configuration: %w", err)
		}
		if err := placeholder(filepath.Join(n.root, "tmp", filepath.Base(l.hostGit))); err != nil {
			return fmt.Errorf("stage the git configuration: %w", err)
		}
	}
	return nil
}

// nestManaged makes the folder that the session sees as /etc/claude-code: the
// image's files, and what placeManaged puts there. The image must have the
// folder, because nothing can be made in an /etc that is read-only.
func nestManaged(l layout, n nest, h handoff.Handoff) error {
	dir := filepath.Dir(l.managed)
	if !isDir(dir) {
		return fmt.Errorf("the image has no %s: rebuild it with --rebuild", dir)
	}
	if err := os.MkdirAll(n.managed, 0o755); err != nil {
		return fmt.Errorf("write managed settings: %w", err)
	}
	if err := copyFiles(dir, n.managed); err != nil {
		return fmt.Errorf("write managed settings: %w", err)
	}
	return placeManaged(l, n.managed, h)
}

// placeholder makes an empty file to mount another on.
func placeholder(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o444)
}

// describe puts together what gVisor is told.
func describe(l layout, n nest, h handoff.Handoff, who identity, args []string) (bundle, error) {
	image, err := mountPoints(l, n, who)
	if err != nil {
		return bundle{}, fmt.Errorf("prepare the sandbox's file system: %w", err)
	}
	hostname, err := os.Hostname()
	if err != nil {
		return bundle{}, err
	}
	return bundle{
		layout: l, nest: n, who: who,
		args:     append([]string{l.self, "enter"}, args...),
		env:      append(sessionEnv(os.Environ()), passEnv+"="+strconv.Itoa(handoffFD)),
		dir:      workingDir(l),
		hostname: hostname,
		terminal: isTerminal(0),
		image:    image,
		managed:  hasManaged(h),
		hostGit:  h.Gitconfig != "",
		gateway:  h.Gateway != "",
		limits:   readLimits(cgroupRoot),
	}, nil
}

// sessionEnv leaves out of the container's environment what is meant for the
// init alone.
func sessionEnv(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(initsOwn, name) || name == passEnv || name == handoff.NestedEnv
	})
}

// workingDir is where the container starts its command, if the session has
// that folder too.
func workingDir(l layout) string {
	dir, err := os.Getwd()
	if err != nil || (dir != l.workspace && !strings.HasPrefix(dir, l.workspace+"/")) {
		return l.workspace
	}
	return dir
}

// startSandbox runs gVisor to its end.
func startSandbox(l layout, n nest, who identity, h handoff.Handoff, terminal bool) (int, error) {
	if _, err := os.Stat(l.runsc); errors.Is(err, fs.ErrNotExist) {
		return exitFailure, fmt.Errorf("the image carries no gVisor (%s): rebuild it with --rebuild, or use another isolation", l.runsc)
	}
	h.UID, h.GID = who.UID, who.GID
	text, err := h.Encode()
	if err != nil {
		return exitFailure, err
	}
	pass, err := memoryFile("handoff", text)
	if err != nil {
		return exitFailure, fmt.Errorf("memory for the handoff: %w", err)
	}
	defer pass.Close()

	ready, theirs, err := os.Pipe()
	if err != nil {
		return exitFailure, err
	}
	defer ready.Close()
	defer theirs.Close()

	args := []string{"run", "--bundle", n.bundle, fmt.Sprintf("--pass-fd=%d:%d", handoffFD, handoffFD), fmt.Sprintf("--pass-fd=%d:%d", readyFD, readyFD)}
	var screen *terminalRelay
	if terminal {
		socket, err := listen(n.consoleSocket(), who.sandbox)
		if err != nil {
			return exitFailure, fmt.Errorf("terminal: %w", err)
		}
		screen = newRelay(os.Stdin, os.Stdout)
		defer screen.finish(lastOutput)
		go screen.accept(socket)
		args = append(args, "--console-socket", n.consoleSocket())
	}
	sandbox := watched{layout: l, nest: n, who: who, screen: screen}
	c := runsc(l, n, append(args, sandboxName)...)
	c.files = append(c.files, pass.Fd(), theirs.Fd())
	c.attr, c.started, c.forward, c.ended = inNamespace(who), screen.resize, sandbox.forward, sandbox.helperEnded
	go n.markReady(ready, who)
	kills := oomKills(cgroupRoot)
	code, err := c.run()
	if err != nil {
		return exitFailure, cannotStart(who, err)
	}
	if sandbox.gaveUp != 0 {
		return 128 + int(sandbox.gaveUp), nil
	}
	// It may have been told to end before it could listen.
	if sandbox.told != 0 && code == 128+int(sandbox.told) {
		return code, nil
	}
	return outcome(pass, n, code, oomKills(cgroupRoot) > kills)
}

// markReady leaves the marker once the second stage says that the session runs.
// Until then, commands beside it wait.
func (n nest) markReady(ready io.Reader, who identity) {
	if _, err := io.ReadFull(ready, make([]byte, 1)); err != nil {
		return // it ended before
	}
	if err := n.leaveMarker(who); err != nil {
		warn(os.Stderr, fmt.Errorf("nothing can be run beside this session: %w", err))
	}
}

// cannotStart explains why not even runsc's process could be made: it is the
// first to need what an engine may forbid.
func cannotStart(who identity, err error) error {
	switch {
	case errors.Is(err, syscall.EPERM) && slices.ContainsFunc(who.UIDs, func(m idMap) bool { return m.Outside == 0 }):
		return fmt.Errorf("nested gVisor for a folder that belongs to root needs the capability SETFCAP: %w", err)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("the gVisor in the image is damaged, or for another kind of processor: rebuild the image with --rebuild: %w", err)
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EACCES):
		return fmt.Errorf("nested gVisor cannot start: the engine, or its kernel, does not allow user namespaces or refuses our seccomp profile: %w", err)
	}
	return err
}

// errMemory is about a session that the kernel ended for its memory: either the
// process that stands for its command, or gVisor as a whole.
var errMemory = errors.New("the session used up the memory that it may have (--memory), and was ended")

// outcome tells the end of the session from the end of its sandbox. Only the
// former leaves its mark in the handoff's memory.
func outcome(pass *os.File, n nest, code int, oom bool) (int, error) {
	mark := make([]byte, len(endMark))
	if _, err := pass.ReadAt(mark, 0); err == nil && string(mark) == endMark {
		if oom && code == 128+int(syscall.SIGKILL) {
			return code, errMemory
		}
		return code, nil
	}
	why := n.panicked()
	if why == "" {
		why = n.lastError()
	}
	switch {
	case oom:
		return exitFailure, errMemory
	case why != "":
		return exitFailure, fmt.Errorf("gVisor ended unexpectedly: %s", why)
	}
	return exitFailure, fmt.Errorf("gVisor ended unexpectedly (exit code %d): it was killed, or the session's init was", code)
}

// watched is a running sandbox as its parent sees it.
type watched struct {
	layout layout
	nest   nest
	who    identity
	screen *terminalRelay
	// helpers are runsc processes that deliver a signal.
	helpers map[int]syscall.Signal
	pid     int
	// told is the last signal to end that was passed on, gaveUp one that could
	// not be.
	told, gaveUp syscall.Signal
}

// forward passes a signal to the session's init, as the container's first
// process gets it: through runsc, for it has no process of its own here.
func (w *watched) forward(pid int, s syscall.Signal) {
	w.pid = pid
	switch {
	case s == syscall.SIGWINCH:
		w.screen.resize()
		return
	case staysHere(s):
		return
	}
	if endsSessions(s) {
		w.told = s
	}
	helper, err := kill(w.layout, w.nest, w.who, s)
	if err != nil {
		w.end(s)
		return
	}
	if w.helpers == nil {
		w.helpers = map[int]syscall.Signal{}
	}
	w.helpers[helper] = s
}

// helperEnded looks at what became of a signal. One that should end the
// session and cannot be delivered, because there is no init in it yet or the
// sandbox does not answer, ends the sandbox.
func (w *watched) helperEnded(pid int, status syscall.WaitStatus) {
	s, ok := w.helpers[pid]
	delete(w.helpers, pid)
	if ok && exitCode(status) != 0 {
		w.end(s)
	}
}

func (w *watched) end(s syscall.Signal) {
	if endsSessions(s) {
		w.gaveUp = s
		_ = syscall.Kill(w.pid, syscall.SIGKILL) // the sandbox goes with it
	}
}

// endsSessions says whether a signal asks for the end.
func endsSessions(s syscall.Signal) bool {
	switch s {
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT:
		return true
	}
	return false
}
