// Package refresh has the host's own Claude Code renew the user's login. It
// runs `claude auth status`, which renews a token that is about to end and
// stores the new one (FACTS 4), and then reads the store again: nothing that
// the program prints is looked at. dclaude itself calls no sign-in service and
// writes to no store of Claude's.
package refresh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"dclaude/creds"
)

const (
	// limit is for one run of Claude Code.
	limit = 30 * time.Second
	// lockRetry is how often one who waits for another's run looks.
	lockRetry = 100 * time.Millisecond
)

// Refresher renews one user's login.
type Refresher struct {
	// Store is where Claude Code keeps the login.
	Store creds.Store
	// Home is the user's home folder.
	Home string
	// Environ is the user's environment, of which Claude Code gets a part.
	Environ []string
	// Avoid are folders that sandboxes can write to, or could.
	Avoid []string
	// Dir is a private folder of dclaude's. It holds the lock, the memory of the
	// last try, and for the time of a run the empty folder that Claude is in.
	Dir string
	// Pause is how long a token that could not be renewed is not tried again, by
	// whichever process; 0 tries at once.
	Pause time.Duration
}

// Result is what became of a login.
type Result struct {
	// Credential is what the store holds now.
	Credential creds.Credential
	// Ran reports whether Claude Code was run.
	Ran bool
}

// Error says why a login was not renewed.
type Error struct{ Err error }

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Why a login was not renewed, beside ErrNoClaude and what reading it returned.
var (
	// ErrTimeLimit says that Claude Code did not end in time and was ended.
	ErrTimeLimit = fmt.Errorf("Claude Code on this computer did not end within %d seconds", int(limit.Seconds()))
	// ErrNotRenewed says that Claude Code ran and left the login as it was.
	ErrNotRenewed = errors.New("Claude Code on this computer did not renew the login")
	// ErrTried says that this login could not be renewed a short while ago.
	ErrTried = errors.New("Claude Code on this computer could not renew the login a short while ago")
	// ErrEnded says that Claude Code found the login to be refused for good.
	ErrEnded = errors.New("Anthropic has ended the login of this computer")
)

// Hint says what the user can do.
func (e *Error) Hint() string {
	switch {
	case errors.Is(e.Err, ErrNoClaude):
		return "install Claude Code on this computer and sign in, or set credentials.source to sandbox or token"
	case errors.Is(e.Err, ErrEnded):
		return "run `claude` on this computer and sign in again"
	}
	return "run `claude` once on this computer and see what it says"
}

// Refresh renews the login if Claude Code would: if it ends within
// creds.RefreshWithin and has a refresh token. Else, and when somebody else
// does so meanwhile, it only reads it. At most one run happens at a time,
// whichever process asks: a refresh token works once.
func (r Refresher) Refresh(ctx context.Context) (Result, error) {
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return Result{}, err
	}
	lock := flock.New(filepath.Join(r.Dir, "refresh.lock"), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return Result{}, fmt.Errorf("wait for another dclaude that renews the login: %w", err)
	}
	defer func() { _ = lock.Unlock() }()
	return r.refresh(ctx)
}

func (r Refresher) refresh(ctx context.Context) (Result, error) {
	before, err := r.Store.Read(ctx)
	if err != nil || !before.RefreshDue(time.Now()) {
		return Result{Credential: before}, err
	}
	path, err := r.Find()
	if err != nil {
		return Result{Credential: before}, err
	}
	if r.triedRecently(before) {
		return Result{Credential: before}, &Error{ErrTried}
	}
	ran := r.run(ctx, path)
	if ctx.Err() != nil {
		return Result{Credential: before}, ctx.Err()
	}
	after, err := r.Store.Read(ctx)
	switch {
	case errors.Is(err, creds.ErrMissing):
		return Result{Ran: true}, &Error{ErrEnded}
	case err != nil:
		return Result{Ran: true}, err
	case !after.RefreshDue(time.Now()) || !after.Access.Equal(before.Access):
		return Result{Credential: after, Ran: true}, nil
	case ran == nil:
		ran = ErrNotRenewed
	}
	r.rememberTry(before)
	return Result{Credential: after, Ran: true}, &Error{ran}
}

// run runs Claude Code to its end: in an empty folder, so that no project's
// settings count (an apiKeyHelper there would keep it from renewing, and is a
// program of the project's), with a part of the user's environment, without a
// terminal, and with its output thrown away. Its exit code says nothing.
func (r Refresher) run(ctx context.Context, path string) error {
	dir, err := os.MkdirTemp(r.Dir, "empty-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(limited, path, "auth", "status")
	cmd.Dir = dir
	cmd.Env = r.environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// What it has started goes with it.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case limited.Err() != nil:
		return ErrTimeLimit
	case err == nil, errors.As(err, &exit):
		return nil
	}
	return fmt.Errorf("Claude Code could not be started: %w", err)
}

// passedOn are the variables that Claude Code needs to find its login and the
// network: names, and beginnings of names that end in "*".
var passedOn = []string{
	"HOME", "USER", "LOGNAME", "LANG", "LC_*", "TMPDIR", "XDG_*", "__CF_USER_TEXT_ENCODING",
	"CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR",
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
	"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

func (r Refresher) environ() []string {
	env := []string{
		"PATH=" + strings.Join(r.path(), string(os.PathListSeparator)),
		"TERM=dumb", "NO_COLOR=1", "DISABLE_AUTOUPDATER=1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
	}
	for _, pair := range r.Environ {
		name, _, _ := strings.Cut(pair, "=")
		for _, pass := range passedOn {
			stem, any := strings.CutSuffix(pass, "*")
			if name == pass || (any && strings.HasPrefix(name, stem)) {
				env = append(env, pair)
			}
		}
	}
	return env
}

func (r Refresher) lookup(name string) string {
	value := ""
	for _, pair := range r.Environ {
		if n, v, ok := strings.Cut(pair, "="); ok && n == name {
			value = v
		}
	}
	return value
}
