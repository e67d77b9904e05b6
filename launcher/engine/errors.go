package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Kind sorts failures by what a caller or a user can do about them.
type Kind string

// The kinds of failures.
const (
	// KindOther is a failure without a rule of its own.
	KindOther Kind = "other"
	// KindBadEndpoint: no engine address can be made of the settings.
	KindBadEndpoint Kind = "bad endpoint"
	// KindRemote: the engine is on another machine.
	KindRemote Kind = "remote"
	// KindUnreachable: nothing answers at the address.
	KindUnreachable Kind = "unreachable"
	// KindPermission: the engine's socket is closed to this user.
	KindPermission Kind = "permission"
	// KindTooOld: the engine's API is older than MinAPIVersion.
	KindTooOld Kind = "too old"
	// KindTimeout: the engine did not answer in time.
	KindTimeout Kind = "timeout"
	// KindCancelled: the caller's context was cancelled.
	KindCancelled Kind = "cancelled"
	// KindConnectionLost: the engine went away in the middle of a call.
	KindConnectionLost Kind = "connection lost"
	// KindDiskFull: the engine's disk has no space left.
	KindDiskFull Kind = "disk full"
	// KindMount: a folder cannot be mounted, or is not shared with the
	// engine's virtual machine.
	KindMount Kind = "mount"
	// KindUnknownRuntime: the engine does not have the runtime asked for.
	KindUnknownRuntime Kind = "unknown runtime"
	// KindRuntimeFailed: the runtime could not start the container.
	KindRuntimeFailed Kind = "runtime failed"
	// KindNameConflict: a container of that name exists.
	KindNameConflict Kind = "name conflict"
	// KindNoImage: there is no such image.
	KindNoImage Kind = "no image"
	// KindNotFound: there is no such container, volume or network.
	KindNotFound Kind = "not found"
	// KindNotRunning: the container is there but does not run.
	KindNotRunning Kind = "not running"
	// KindInUse: an image, volume or network cannot go as something uses it.
	KindInUse Kind = "in use"
	// KindAddressInUse: a network's addresses belong to another one.
	KindAddressInUse Kind = "address in use"
	// KindInvalid: the engine refuses the request as wrong.
	KindInvalid Kind = "invalid"
	// KindUnsupported: the engine cannot do what was asked for.
	KindUnsupported Kind = "unsupported"
	// KindDenied: a rule of the engine's administrator forbids the request.
	KindDenied Kind = "denied"
)

// Error is a failed call of the engine.
type Error struct {
	Kind Kind
	// Op is what was tried, Object on what; Object may be empty.
	Op     string
	Object string
	// Product and Endpoint name the engine in use.
	Product  string
	Endpoint string
	Err      error
}

// Error says what failed, on what, and why.
func (e *Error) Error() string {
	cause := textOf(e.Err)
	op := e.Op
	if e.Object != "" {
		op += fmt.Sprintf(" %q", e.Object)
	}
	switch e.Kind {
	case KindUnreachable, KindPermission:
		return fmt.Sprintf("cannot reach %s at %s: %s", e.Product, e.Endpoint, cause)
	case KindBadEndpoint, KindRemote, KindTooOld:
		return cause
	case KindCancelled:
		return op + ": cancelled"
	case KindConnectionLost:
		return fmt.Sprintf("%s: lost the connection to %s: %s", op, e.Product, cause)
	case KindTimeout:
		return fmt.Sprintf("%s: %s at %s does not answer", op, e.Product, e.Endpoint)
	}
	return op + ": " + cause
}

// textOf leaves out what the client libraries put before the engine's words.
func textOf(err error) string {
	text := err.Error()
	for _, prefix := range []string{
		"Error response from daemon: ",
		"failed to solve: ",
		"failed to solve with frontend dockerfile.v0: ",
		"failed to create LLB definition: ",
	} {
		text = strings.TrimPrefix(text, prefix)
	}
	if before, _, ok := strings.Cut(text, podmanProfile); ok {
		return before + "it takes a seccomp profile only as a file of its own machine's"
	}
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText/2], "") + " ... " + strings.ToValidUTF8(text[len(text)-maxText/2:], "")
	}
	return text
}

// podmanProfile begins what Podman says of a seccomp profile, all of which it
// takes for the name of a file (5.8.6).
const podmanProfile = "opening seccomp profile failed: open {"

// maxText bounds what is repeated of the engine's words, in bytes.
const maxText = 600

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsKind reports whether err is, or wraps, an engine error of a kind.
func IsKind(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// dialError is a failure to reach the socket. It hides its cause and the
// cause's text on purpose: the client replaces errors that it recognises by a
// text of its own, and this one has to come through.
type dialError struct{ cause error }

func (e *dialError) Error() string { return "the socket does not answer" }

// reason is the cause, as bare as it can be had.
func (e *dialError) reason() error {
	var errno syscall.Errno
	if errors.As(e.cause, &errno) {
		return errno
	}
	return e
}

func badEndpoint(host, source string, err error) *Error {
	if source != "" {
		err = fmt.Errorf("%s: %w", source, err)
	}
	return &Error{Kind: KindBadEndpoint, Op: "find the engine", Endpoint: host, Product: productOfHost(host), Err: err}
}

// fail is the one place where errors of the client become ours. A nil err
// stays nil, and an error that was translated before stays as it is.
func (e *Engine) fail(op, object string, err error) error {
	if err == nil {
		return nil
	}
	var done *Error
	if errors.As(err, &done) {
		return err
	}
	kind := classify(op, err)
	return &Error{Kind: kind, Op: op, Object: object, Product: e.product, Endpoint: e.endpoint.Host, Err: bare(err)}
}

// bare takes the client's own words about a connection, and the address of the
// request, from around the reason.
func bare(err error) error {
	var dial *dialError
	var request *url.Error
	switch {
	case errors.As(err, &dial):
		return dial.reason()
	case strings.HasPrefix(err.Error(), "error during connect: ") && errors.As(err, &request):
		return request.Err
	}
	return err
}

// classify finds the kind of an error: by type where there is one, by the
// table of texts where the engine gives only text.
func classify(op string, err error) Kind {
	var dial *dialError
	switch {
	case errors.Is(err, context.Canceled), status.Code(err) == codes.Canceled:
		return KindCancelled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return KindTimeout
	case errors.As(err, &dial):
		if errors.Is(dial.cause, os.ErrPermission) {
			return KindPermission
		}
		return KindUnreachable
	case lostConnection(err):
		return KindConnectionLost
	case client.IsErrConnectionFailed(err):
		return KindUnreachable
	}
	if kind, ok := classifyText(err.Error()); ok {
		return kind
	}
	return classifyStatus(op, err)
}

func lostConnection(err error) bool {
	for _, lost := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return status.Code(err) == codes.Unavailable
}

// classifyStatus reads the status of an answer, whose meaning depends on what
// was asked.
func classifyStatus(op string, err error) Kind {
	switch {
	case cerrdefs.IsNotFound(err):
		if strings.HasSuffix(op, " image") {
			return KindNoImage
		}
		return KindNotFound
	case cerrdefs.IsConflict(err):
		switch op {
		case opCreate:
			return KindNameConflict
		case opRemoveImage, opRemoveVolume, opRemoveNetwork:
			return KindInUse
		}
		return KindNotRunning
	case cerrdefs.IsPermissionDenied(err):
		if op == opRemoveNetwork {
			return KindInUse
		}
		return KindDenied
	case cerrdefs.IsUnauthorized(err):
		return KindDenied
	case cerrdefs.IsInvalidArgument(err):
		return KindInvalid
	}
	return KindOther
}
