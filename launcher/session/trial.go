package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/yamux"

	"dclaude/launcher/engine"
	"dclaude/launcher/fakeapi"
	"dclaude/launcher/handoff"
	"dclaude/launcher/plan"
)

// smokeTime is what one trial of Claude Code may take. Four seconds are the
// rule; one that hangs is what the trial is there to find.
const smokeTime = 2 * time.Minute

// The words of a trial's conversation.
const (
	smokeAsked   = "dclaude-trial: please write the file"
	smokeAnswer  = "dclaude-trial-answer"
	smokeCommand = `echo "` + smokeAnswer + ` $(cat /etc/claude-code/version)" >/workspace/trial && cat /workspace/trial`
)

// SmokeCommand is what a trial's container runs: Claude Code, with an API that
// this process serves, asked once.
func SmokeCommand() []string {
	return []string{GuestProgram, "bridge", "claude", "--dangerously-skip-permissions", "-p", smokeAsked}
}

// Smoke starts the real Claude Code in a container (plan.Trial with
// SmokeCommand), sends it a message, has it write a file through its Bash tool
// and waits for its end. It returns the version that ran, or what went wrong.
// The API is a fake in this process and reaches the container over its input and
// output: nothing listens on a network, and no account is used.
func Smoke(ctx context.Context, e Prober, c plan.Container, h handoff.Handoff) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, smokeTime)
	defer cancel()
	h.Credentials = `{"claudeAiOauth":{"accessToken":"trial","expiresAt":99999999999999,"scopes":["user:inference"]}}`
	letter, err := h.Frame()
	if err != nil {
		return "", err
	}
	var words string
	end, err := once(ctx, e, c, letter, func(stream *engine.Stream) (err error) {
		words, err = serveTrial(stream)
		return err
	})
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", fmt.Errorf("it hangs: no answer within %v", smokeTime)
	case err != nil:
		return "", err
	}
	return judge(end, words)
}

// serveTrial serves the API over a container's input and output until its end,
// and returns what it wrote to its standard error.
func serveTrial(stream *engine.Stream) (words string, err error) {
	fromContainer, output := io.Pipe()
	config := yamux.DefaultConfig()
	config.EnableKeepAlive, config.LogOutput = false, io.Discard
	connections, err := yamux.Server(&overStream{fromContainer, stream}, config)
	if err != nil {
		return "", err
	}
	defer connections.Close()
	server := &http.Server{
		Handler:           fakeapi.New(fakeapi.Bash(smokeAsked, smokeCommand)),
		ReadHeaderTimeout: smokeTime,
	}
	defer server.Close()
	go func() { _ = server.Serve(connections) }() // ends with the connections
	var said bytes.Buffer
	err = stream.CopyOutput(output, &limited{w: &said, left: maxOutput})
	output.Close()
	return said.String(), err
}

// judge decides on the end of a trial and what was said in it.
func judge(end engine.Exit, words string) (version string, err error) {
	if end.Code != 0 {
		return "", fmt.Errorf("it ended with code %d: %s", end.Code, lastWords(words))
	}
	_, after, ok := strings.Cut(words, smokeAnswer+" ")
	if !ok {
		return "", fmt.Errorf("it did not use its tool: %s", lastWords(words))
	}
	version, _, _ = strings.Cut(strings.TrimSpace(after), "\n")
	return strings.TrimSpace(version), nil
}

// overStream is a container's input and one of its outputs as one connection.
type overStream struct {
	io.ReadCloser
	to *engine.Stream
}

func (o *overStream) Write(b []byte) (int, error) { return o.to.Write(b) }
