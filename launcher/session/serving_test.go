package session

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"dclaude/launcher/egress"
	"dclaude/launcher/engine"
)

// frame is a piece of output as the engine mixes both: 1 is the standard output,
// 2 the standard error.
func frame(stream byte, text string) []byte {
	head := [8]byte{stream}
	binary.BigEndian.PutUint32(head[4:], uint32(len(text)))
	return append(head[:], text...)
}

func serves() []byte {
	return egress.Event{Kind: egress.KindGateway, Gateway: egress.GatewayStarted}.Line()
}

func TestServing(t *testing.T) {
	failed := string(egress.Event{Kind: egress.KindGateway, Gateway: egress.GatewayFailed, Note: "address in use"}.Line())
	line := string(serves())
	for name, c := range map[string]struct {
		out, errs []string
		hangs     bool // does not end by itself
		want      string
	}{
		"at once":             {out: []string{line}, hangs: true},
		"in pieces":           {out: []string{line[:5], line[5:]}, hangs: true},
		"after a failure":     {out: []string{failed, line}, hangs: true},
		"with others":         {out: []string{line + failed}, hangs: true},
		"ends":                {errs: []string{"no setup"}, want: "it ended at once, or the engine did: no setup"},
		"fails and ends":      {out: []string{failed}, want: "it ended at once, or the engine did: address in use"},
		"fails and goes on":   {out: []string{failed}, hangs: true, want: "it did not serve within 20s: address in use"},
		"says nothing":        {hangs: true, want: "it did not serve within 20s"},
		"says something else": {out: []string{"hello\n"}, want: "not an event"},
		"never ends its line": {out: []string{strings.Repeat("x", maxOutput+1)}, want: "no event"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				go func() {
					for _, text := range c.out {
						_, _ = theirs.Write(frame(1, text))
					}
					for _, text := range c.errs {
						_, _ = theirs.Write(frame(2, text))
					}
					if !c.hangs {
						theirs.Close()
					}
				}()
				err := serving(t.Context(), engine.NewStream(ours, false))
				if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				ours.Close()
			})
		})
	}
}

func TestServingInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	ours, theirs := net.Pipe()
	defer theirs.Close()
	stream := engine.NewStream(ours, false)
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	interrupt()
	if err := serving(ctx, stream); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
