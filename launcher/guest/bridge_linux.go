package guest

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"

	"github.com/hashicorp/yamux"
)

// runBridge runs a command with a server of the launcher's in place of
// Anthropic's API: what the command asks for at an address of this sandbox goes
// over this process's own input and output to the launcher, so that no network
// is needed. The command's output goes to the standard error.
func runBridge(command []string) int {
	code, err := bridge(command, &twoWay{os.Stdin, os.Stdout})
	if err != nil {
		return fail(os.Stderr, code, err)
	}
	return code
}

func bridge(command []string, launcher io.ReadWriteCloser) (int, error) {
	if len(command) == 0 {
		return exitFailure, errors.New("usage: dclaude-guest bridge COMMAND...")
	}
	config := yamux.DefaultConfig()
	config.EnableKeepAlive, config.LogOutput = false, io.Discard
	// It is never closed: that would wait for a read of the standard input, which
	// ends with this process.
	session, err := yamux.Client(launcher, config)
	if err != nil {
		return exitFailure, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return exitFailure, err
	}
	defer listener.Close()
	go carry(listener, session)

	path, code, err := find(command[0])
	if err != nil {
		return code, err
	}
	cmd := exec.Command(path, command[1:]...)
	cmd.Env = append(os.Environ(), "ANTHROPIC_BASE_URL=http://"+listener.Addr().String())
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	err = cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return exitNotExec, err
	}
	if status := cmd.ProcessState.ExitCode(); status >= 0 {
		return status, nil
	}
	return exitFailure, err // a signal ended it
}

// carry takes each connection to the launcher, until the listener is closed.
func carry(listener net.Listener, session *yamux.Session) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		to, err := session.Open()
		if err != nil {
			from.Close()
			continue
		}
		go func() {
			_, _ = io.Copy(to, from)
			to.Close() // the other way goes on until it ends too
		}()
		go func() {
			_, _ = io.Copy(from, to)
			from.Close()
		}()
	}
}

// twoWay is an input and an output as one connection.
type twoWay struct {
	io.ReadCloser
	out io.WriteCloser
}

func (t *twoWay) Write(b []byte) (int, error) { return t.out.Write(b) }
func (t *twoWay) Close() error                { return errors.Join(t.ReadCloser.Close(), t.out.Close()) }
