package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/egress"
	"dclaude/launcher/session"
)

func TestWriteEvent(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	for want, e := range map[string]egress.Event{
		"03:04:05  s                     blocked  x.example:443  (not-allowed)\n":                                                                                  {Kind: egress.KindTunnel, Verdict: egress.VerdictBlocked, Reason: egress.NotAllowed, Host: "x.example", Port: 443},
		"03:04:05  s                     allowed  x.example:80  sent 10 B, received 1.5 KiB, 2.5s\n":                                                               {Kind: egress.KindHTTP, Verdict: egress.VerdictAllowed, Reason: egress.Allowed, Host: "x.example", Port: 80, Sent: 10, Received: 1536, Millis: 2500},
		"03:04:05  s                     name not resolved: secret.x.example\n":                                                                                    {Kind: egress.KindDNS, Host: "secret.x.example"},
		"03:04:05  s                     Claude: waiting\n":                                                                                                        {Kind: egress.KindHook, Hook: egress.HookWaiting},
		"03:04:05  s                     policy: deny x.example\n":                                                                                                 {Kind: egress.KindPolicy, Change: egress.OpDeny, Host: "x.example"},
		"03:04:05  s                     (7 lines left out: too many at once)\n03:04:05  s                     gateway: started\n":                                 {Kind: egress.KindGateway, Gateway: egress.GatewayStarted, Dropped: 7},
		"03:04:05  s                     gateway: failed, and is started anew: exit status 2\n":                                                                    {Kind: egress.KindGateway, Gateway: egress.GatewayFailed, Note: "exit status 2"},
		"03:04:05  s                     gateway: died; the session is offline. A window that shows it makes the gateway again, and so does dclaude net restart\n": {Kind: egress.KindGateway, Gateway: egress.GatewayDied},
		"03:04:05  s                     gateway: blocked  (too-many)\n":                                                                                           {Kind: egress.KindGateway, Verdict: egress.VerdictBlocked, Reason: egress.TooMany},
	} {
		e.Time, e.Session = at, "s"
		var out bytes.Buffer
		writeEvent(&out, e)
		if out.String() != want {
			t.Errorf("got  %q\nwant %q", out.String(), want)
		}
	}
	// What a session chose is shown, not obeyed.
	var out bytes.Buffer
	writeEvent(&out, egress.Event{Kind: egress.KindDNS, Host: "a\x1b[2Jb\nc", Session: "\x1b]0;x\x07"})
	if strings.ContainsAny(out.String()[:len(out.String())-1], "\x1b\x07\n") {
		t.Errorf("%q", out.String())
	}
}

func TestAmount(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1 KiB", 5 << 20: "5 MiB", 3 << 40: "3 TiB", 5000 << 40: "5000 TiB"} {
		if got := amount(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestScopeOf(t *testing.T) {
	for _, tt := range []struct {
		once, one, project, always bool
		want                       session.Scope
	}{
		{want: session.ThisSession}, {one: true, want: session.ThisSession}, {once: true, want: session.Once},
		{project: true, want: session.ThisProject}, {always: true, want: session.AllFromNowOn}, {once: true, always: true},
	} {
		got, err := scopeOf(tt.once, tt.one, tt.project, tt.always)
		var usage *usageError
		if got != tt.want || (tt.want == "") != errors.As(err, &usage) {
			t.Errorf("%+v: %q, %v", tt, got, err)
		}
	}
}

func TestWritePolicy(t *testing.T) {
	var out bytes.Buffer
	err := writePolicy(&out, egress.State{Allow: []string{"a.example"}, Once: []string{"b.example"}, Deny: []string{"c.example"}})
	if err != nil || out.String() != "allow  a.example\nonce   b.example\ndeny   c.example\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}
