package keychain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"time"

	"dclaude/creds"
)

// Why the keychain gave no answer, for errors.Is.
var (
	// ErrLocked says that the keychain is locked and macOS cannot ask for the
	// password here, as in an SSH session.
	ErrLocked = errors.New("the keychain is locked, and macOS cannot ask for its password here")
	// ErrDenied says that the user, or a rule of theirs, refused.
	ErrDenied = errors.New("access to it was refused")
	// ErrTimeout says that nothing came back in time: usually a dialog that
	// nobody has answered.
	ErrTimeout = fmt.Errorf("macOS gave no answer within %d seconds", int(timeLimit.Seconds()))
	// ErrUnavailable says that there is no keychain to ask, or no tool to ask
	// it with.
	ErrUnavailable = errors.New("there is no keychain to read here")
)

// Asked reports whether an error comes of a question that macOS has asked the
// user: to read again would ask again.
func Asked(err error) bool { return errors.Is(err, ErrDenied) || errors.Is(err, ErrTimeout) }

// advice returns what the user can do about an error, or "".
func advice(err error) string {
	switch {
	case errors.Is(err, ErrLocked):
		return "unlock it with `security unlock-keychain`, then start dclaude again"
	case errors.Is(err, ErrDenied):
		return "start dclaude again and choose Allow when macOS asks for the keychain"
	case errors.Is(err, ErrTimeout):
		return "look for a keychain dialog behind other windows, answer it, and start dclaude again"
	case errors.Is(err, ErrUnavailable):
		return "start dclaude from your own login session"
	}
	return ""
}

// Results of Security.framework (SecBase.h) that security passes on. Its exit
// code is the low byte of the result.
const (
	errSecUserCanceled          = -128
	errSecNoAccessForItem       = -25243
	errSecNotAvailable          = -25291
	errSecAuthFailed            = -25293
	errSecNoSuchKeychain        = -25294
	errSecInvalidKeychain       = -25295
	errSecItemNotFound          = -25300
	errSecNoDefaultKeychain     = -25307
	errSecInteractionNotAllowed = -25308
	errSecInteractionRequired   = -25315
)

func exitCode(result int32) int { return int(result & 0xff) }

// translate turns an exit code of security into an error; 0 is none.
func translate(code int) error {
	switch code {
	case 0:
		return nil
	case exitCode(errSecItemNotFound): // 44
		return creds.ErrMissing
	case exitCode(errSecInteractionNotAllowed), exitCode(errSecInteractionRequired): // 36, 29
		return ErrLocked
	case exitCode(errSecAuthFailed), exitCode(errSecUserCanceled), exitCode(errSecNoAccessForItem): // 51, 128, 101
		return ErrDenied
	case exitCode(errSecNotAvailable), exitCode(errSecNoSuchKeychain), exitCode(errSecInvalidKeychain), exitCode(errSecNoDefaultKeychain): // 53, 50, 49, 37
		return ErrUnavailable
	}
	return fmt.Errorf("security ended with code %d", code)
}

// findArgs are the arguments that find an item; an empty account finds that of
// any. Without the secret, security prints the item's attributes.
func findArgs(account, service string, secret bool) []string {
	args := []string{"find-generic-password"}
	if account != "" {
		args = append(args, "-a", account)
	}
	args = append(args, "-s", service)
	if secret {
		args = append(args, "-w")
	}
	return args
}

// secret reads and parses one item.
func (s *Store) secret(ctx context.Context, account string) (creds.Credential, error) {
	out, code, err := s.tool.run(ctx, findArgs(account, s.service, true)...)
	if err == nil {
		err = translate(code)
	}
	if err != nil {
		return creds.Credential{}, err
	}
	return creds.Parse(out)
}

// runner runs security. The error is for a tool that could not be run or did
// not end by itself; everything else is in the exit code.
type runner interface {
	run(ctx context.Context, args ...string) (stdout []byte, code int, err error)
}

// command is the real tool.
type command struct{ path string }

func (c command) run(ctx context.Context, args ...string) ([]byte, int, error) {
	var out limitedBuffer
	cmd := exec.CommandContext(ctx, c.path, args...)
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return out.kept.Bytes(), 0, nil
	case ctx.Err() != nil:
		return nil, 0, context.Cause(ctx)
	case errors.As(err, &exit) && exit.Exited():
		return nil, exit.ExitCode(), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, fmt.Errorf("%w: %s is missing", ErrUnavailable, c.path)
	}
	return nil, 0, fmt.Errorf("security could not be run: %w", err)
}

// limitedBuffer keeps one byte more than a login can have, so that Parse sees
// that it is too large, and swallows the rest. The buffer is a named field:
// embedded, its ReadFrom would be used in place of Write.
type limitedBuffer struct{ kept bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	room := max(creds.MaxStored+1-b.kept.Len(), 0)
	b.kept.Write(p[:min(len(p), room)])
	return len(p), nil
}
