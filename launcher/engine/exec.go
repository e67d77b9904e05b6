package engine

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// noExecDetachKeys does for commands what noDetachKeys does for containers.
// The keys travel as JSON here, which has no bytes, so these are control
// characters that hardly anyone types, in an order that no one does.
const noExecDetachKeys = "ctrl-^,ctrl-@,ctrl-^,ctrl-@,ctrl-^,ctrl-@"

// ExecRequest is a command to run in a running container.
type ExecRequest struct {
	// User is numeric, "uid" or "uid:gid": a name would be looked up in the
	// image's original /etc/passwd. Empty is the container's own user.
	User       string
	Command    []string
	Env        []string // KEY=VALUE, never a secret
	WorkingDir string
	TTY        bool
	// Stdin is copied to the command; nil gives it an empty input. The two
	// outputs may be nil. ExecAttach uses none of the three.
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// numericUser reports whether ExecRequest.User is what it may be.
func numericUser(user string) bool {
	uid, gid, both := strings.Cut(user, ":")
	isID := func(s string) bool {
		_, err := strconv.ParseUint(s, 10, 32)
		return err == nil
	}
	return user == "" || (isID(uid) && (!both || isID(gid)))
}

// ExecStream is a running command with its input and output.
type ExecStream struct {
	*Stream
	exec string
}

// Exec runs a command to its end and returns its exit code. When ctx ends
// first, the command is left running without input and output: the engine
// cannot end it. A Stdin that is still being read then stays so until its next
// byte. Errors: KindNotFound, KindNotRunning.
func (e *Engine) Exec(ctx context.Context, id string, req ExecRequest) (int, error) {
	s, err := e.startExec(ctx, id, req, req.Stdin != nil)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if req.Stdin != nil {
		go func() {
			// The command may end before its input does, so a failure to
			// write is no failure of the command.
			_, _ = io.Copy(s.Stream, req.Stdin)
			_ = s.CloseWrite()
		}()
	}
	if err := s.CopyOutput(orDiscard(req.Stdout), orDiscard(req.Stderr)); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return 0, e.fail(opExec, short(id), err)
	}
	return s.ExitCode(ctx)
}

// ExecAttach starts a command and returns its streams, for a shell with a
// person before it. The caller closes it and asks for the exit code after the
// output has ended.
func (e *Engine) ExecAttach(ctx context.Context, id string, req ExecRequest) (*ExecStream, error) {
	return e.startExec(ctx, id, req, true)
}

func (e *Engine) startExec(ctx context.Context, id string, req ExecRequest, stdin bool) (*ExecStream, error) {
	if !numericUser(req.User) {
		return nil, e.fail(opExec, short(id), fmt.Errorf("user %q is not numeric", req.User))
	}
	opts := client.ExecCreateOptions{
		User: req.User, Cmd: req.Command, Env: req.Env, WorkingDir: req.WorkingDir, TTY: req.TTY,
		AttachStdin: stdin, AttachStdout: true, AttachStderr: true,
	}
	if req.TTY {
		opts.DetachKeys = noExecDetachKeys
	}
	made, err := e.api.ExecCreate(ctx, id, opts)
	if err != nil {
		return nil, e.fail(opExec, short(id), err)
	}
	attached, err := e.api.ExecAttach(ctx, made.ID, client.ExecAttachOptions{TTY: req.TTY})
	if err != nil {
		return nil, e.fail(opExec, short(id), err)
	}
	stream := &Stream{conn: attached.HijackedResponse, tty: req.TTY, op: opExec, id: short(id), e: e}
	return &ExecStream{Stream: stream, exec: made.ID}, nil
}

// Resize sets the size of the command's terminal in characters.
func (s *ExecStream) Resize(ctx context.Context, width, height uint) error {
	_, err := s.e.api.ExecResize(ctx, s.exec, client.ExecResizeOptions{Width: width, Height: height})
	return s.e.fail(opResize, s.id, err)
}

// ExitCode waits for the end of the command and returns its code. Its output
// ends first as a rule, a moment before the engine knows of its end.
func (s *ExecStream) ExitCode(ctx context.Context) (int, error) {
	const firstPause, longestPause = 5 * time.Millisecond, 500 * time.Millisecond
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		state, err := s.e.api.ExecInspect(ctx, s.exec, client.ExecInspectOptions{})
		if err != nil {
			return 0, s.e.fail(opExec, s.id, err)
		}
		if !state.Running {
			return state.ExitCode, nil
		}
		select {
		case <-ctx.Done():
			return 0, s.e.fail(opExec, s.id, ctx.Err())
		case <-time.After(pause):
		}
	}
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}
