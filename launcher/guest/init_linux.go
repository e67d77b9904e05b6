package guest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"dclaude/launcher/handoff"
)

// initialise is the first stage. For nested gVisor, see runNested. Else: as root it prepares what only root can, then
// becomes the session's user for good. Started by somebody who is not root
// already (docker run --user), it goes straight to the second stage. orders
// says where it learns what session it is.
func initialise(l layout, orders func(layout) (handoff.Handoff, error), command []string) int {
	h, err := orders(l)
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	if h.Isolation == handoff.Nested {
		if os.Getuid() != 0 {
			return fail(os.Stderr, exitFailure, errors.New("nested gVisor has to be started as root of the container"))
		}
		return runNested(l, h, command)
	}
	if os.Getuid() != 0 {
		h.UID, h.GID = os.Getuid(), os.Getgid()
	} else if err := prepare(l, h); err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	f, err := passOn(h)
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	err = become(h.UID, h.GID, append([]string{"enter"}, command...))
	runtime.KeepAlive(f)
	return fail(os.Stderr, exitFailure, err)
}

// byHand is the seed's contract, for who starts the image without a launcher:
// CLAUDE_CREDENTIALS is used on the first run, or always with
// FORCE_CREDENTIALS=1, and the firewall is tried.
func byHand(l layout) (handoff.Handoff, error) {
	passwd, err := os.ReadFile(filepath.Join(l.etc, "passwd"))
	if err != nil {
		return handoff.Handoff{}, err
	}
	uid, gid, err := idsOf(passwd)
	if err != nil {
		return handoff.Handoff{}, err
	}
	return handoff.Handoff{
		UID: uid, GID: gid,
		Isolation:       handoff.Direct,
		Firewall:        true,
		Credentials:     handoff.Secret(os.Getenv("CLAUDE_CREDENTIALS")),
		KeepCredentials: os.Getenv("FORCE_CREDENTIALS") != "1",
		SkipPrompts:     true,
	}, nil
}

// prepare does what needs root, and nothing in a place that a session could
// have written: the image's own files, and the mount points themselves.
func prepare(l layout, h handoff.Handoff) error {
	if h.Firewall {
		if err := raiseFirewall(l.firewall); err != nil {
			warn(os.Stderr, fmt.Errorf("firewall not initialised, the network is open: %w", err))
		}
	}
	if err := placeResolver(l, h.Gateway); err != nil {
		warn(os.Stderr, fmt.Errorf("name server: %w", err)) // it refuses in any case
	}
	if err := makeAccount(l, h.UID, h.GID); err != nil {
		return fmt.Errorf("prepare the user: %w", err)
	}
	if err := own(l, h.UID, h.GID); err != nil {
		return fmt.Errorf("prepare the home directory: %w", err)
	}
	if hasManaged(h) {
		if err := placeManaged(l, filepath.Dir(l.managed), h); err != nil {
			return err
		}
	}
	if h.Gitconfig != "" {
		if err := writeNew(l.hostGit, h.Gitconfig); err != nil {
			return fmt.Errorf("stage the git configuration: %w", err)
		}
	}
	return nil
}

// writeNew writes a read-only file that must not exist yet, in a folder that
// others can write to.
func writeNew(path, content string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(content); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func raiseFirewall(script string) error {
	cmd := exec.Command(script)
	// Root runs it, beside the sandbox when it is nested: no variable of the
	// session's may choose what its programs load (XTABLES_LIBDIR, GCONV_PATH,
	// OPENSSL_CONF). The proxy's tell it that it cannot work.
	cmd.Env = firewallEnv(os.Environ())
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, lastLine(out))
	}
	return nil
}

// firewallEnv keeps the names that the script itself asks about.
func firewallEnv(environ []string) []string {
	kept := slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		switch strings.ToLower(name) {
		case "http_proxy", "https_proxy", "all_proxy":
			return false
		}
		return true
	})
	return append(kept, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root")
}

// own hands the home directory, the state volume's mount point and a runtime
// directory to the user. The image is built with one pair of ids and serves
// all. What lies inside the state volume is not touched from here.
func own(l layout, uid, gid int) error {
	err := filepath.WalkDir(l.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == l.state {
			if err := lchown(path, uid, gid); err != nil {
				return err
			}
			return fs.SkipDir
		}
		return lchown(path, uid, gid)
	})
	if err != nil {
		return err
	}
	dir := l.runtimeDir(uid)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return lchown(dir, uid, gid)
}

// lchown changes an owner only where it differs, which keeps the image's
// files out of the container's own layer in the ordinary case.
func lchown(path string, uid, gid int) error {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	if int(st.Uid) == uid && int(st.Gid) == gid {
		return nil
	}
	return os.Lchown(path, uid, gid)
}
