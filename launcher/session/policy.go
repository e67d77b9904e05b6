package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"dclaude/launcher/egress"
	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// gatewayProgram is the one file in the gateway's image.
const gatewayProgram = "/dclaude-gateway"

// maxPolicy bounds a gateway's answer, in bytes.
const maxPolicy = 4 << 20

// ChangePolicy changes what a running session may reach, at once, and returns
// what that is now. OpShow changes nothing. A session without a gateway, or one
// whose gateway has died, is a *NoGateway.
func ChangePolicy(ctx context.Context, e Executor, session string, c egress.Change) (egress.State, error) {
	request, err := json.Marshal(c)
	if err != nil {
		return egress.State{}, fmt.Errorf("encode the change: %w", err)
	}
	var out, failure bytes.Buffer
	code, err := e.Exec(ctx, plan.GatewayName(session), engine.ExecRequest{
		User:    "65534:65534",
		Command: []string{gatewayProgram, "control"},
		Stdin:   bytes.NewReader(request),
		Stdout:  &limited{w: &out, left: maxPolicy},
		Stderr:  &limited{w: &failure, left: maxKernel},
	})
	switch {
	case gone(err):
		return egress.State{}, &NoGateway{Session: session, Err: err}
	case err != nil:
		return egress.State{}, err
	case code != 0:
		return egress.State{}, &NoGateway{Session: session, Err: errors.New(strings.TrimSpace(failure.String()))}
	}
	var state egress.State
	if err := json.Unmarshal(out.Bytes(), &state); err != nil {
		return egress.State{}, fmt.Errorf("the gateway of session %s does not answer as one: %w", session, err)
	}
	if state.Error != "" {
		return egress.State{}, fmt.Errorf("session %s: %s", session, state.Error)
	}
	return state, nil
}

// NoGateway is a session whose gateway cannot be asked.
type NoGateway struct {
	Session string
	Err     error
}

// Error names the session.
func (n *NoGateway) Error() string {
	return fmt.Sprintf("session %s has no gateway that answers: %v", n.Session, n.Err)
}

// Unwrap returns the reason.
func (n *NoGateway) Unwrap() error { return n.Err }

// Hint says what that means.
func (n *NoGateway) Hint() string {
	return "a session with an allow-list is offline without one: dclaude net restart makes it again. Sessions with another network setting have none"
}
