package engine

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	const oom = `{"Type":"container","Action":"oom","Actor":{"ID":"x"}}`
	const gone = `{"Type":"container","Action":"destroy","Actor":{"ID":"x"}}`
	events := func(body string) call {
		return call{want: "GET /events", body: body, check: query(map[string]string{
			"since": "0", "filters": `{"container":{"x":true},"event":{"destroy":true,"oom":true}}`,
		})}
	}
	ended := func(body string) call {
		return call{want: "POST /containers/x/wait", body: body, check: query(map[string]string{"condition": "next-exit"})}
	}
	for name, tt := range map[string]struct {
		calls []call
		want  Exit
		kind  Kind
	}{
		"code":          {[]call{ended(`{"StatusCode":7}`)}, Exit{Code: 7}, ""},
		"killed":        {[]call{ended(`{"StatusCode":137}`), events(gone + oom)}, Exit{Code: 137}, ""},
		"out of memory": {[]call{ended(`{"StatusCode":137}`), events(oom + gone)}, Exit{Code: 137, OOM: true}, ""},
		"no events":     {[]call{ended(`{"StatusCode":137}`), events("")}, Exit{Code: 137}, ""},
		"missing":       {[]call{refuse("POST /containers/x/wait", 404, "No such container: x")}, Exit{}, KindNotFound},
		"engine gone":   {[]call{ended("")}, Exit{}, KindConnectionLost},
	} {
		t.Run(name, func(t *testing.T) {
			got := <-connected(t, tt.calls...).Wait(t.Context(), "x")
			if tt.kind != "" {
				if !IsKind(got.Err, tt.kind) {
					t.Errorf("error is %v", got.Err)
				}
				return
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestWaitIsWatching proves that Wait returns only when the engine watches.
func TestWaitIsWatching(t *testing.T) {
	watching := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	e := connected(t, call{want: "POST /containers/x/wait", handle: func(w http.ResponseWriter, r *http.Request) {
		close(watching)
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}})
	exit := e.Wait(ctx, "x")
	select {
	case <-watching:
	default:
		t.Error("the engine was not asked yet")
	}
	cancel()
	if got := <-exit; !IsKind(got.Err, KindCancelled) {
		t.Errorf("got %+v", got)
	}
}

func TestStop(t *testing.T) {
	for grace, want := range map[time.Duration]string{
		0: "0", time.Millisecond: "1", time.Second: "1", 1500 * time.Millisecond: "2", time.Minute: "60", -time.Second: "0",
	} {
		e := connected(t, call{want: "POST /containers/x/stop", status: http.StatusNoContent, check: query(map[string]string{"t": want})})
		if err := e.Stop(t.Context(), "x", grace); err != nil {
			t.Errorf("%v: %v", grace, err)
		}
	}
	e := connected(t, call{want: "POST /containers/x/stop", status: http.StatusNotModified})
	if err := e.Stop(t.Context(), "x", 0); err != nil {
		t.Errorf("a stopped one: %v", err)
	}
}

func TestSmallCalls(t *testing.T) {
	const x = "/containers/x"
	e := connected(t,
		call{want: "POST " + x + "/start", status: http.StatusNoContent},
		call{want: "POST " + x + "/kill", status: http.StatusNoContent, check: query(map[string]string{"signal": "SIGHUP"})},
		call{want: "POST " + x + "/resize", check: query(map[string]string{"w": "100", "h": "40"})},
	)
	if err := e.Start(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	if err := e.Kill(t.Context(), "x", "SIGHUP"); err != nil {
		t.Error(err)
	}
	if err := e.Resize(t.Context(), "x", 100, 40); err != nil {
		t.Error(err)
	}
}

func TestRemove(t *testing.T) {
	const remove = "DELETE /containers/x"
	busy := refuse(remove, 409, "removal of container x is already in progress")
	for name, calls := range map[string][]call{
		"removed":      {{want: remove, status: http.StatusNoContent, check: query(map[string]string{"force": "1", "v": "1"})}},
		"gone before":  {refuse(remove, 404, "No such container: x")},
		"going":        {busy, {want: "POST /containers/x/wait", body: `{"StatusCode":0}`, check: query(map[string]string{"condition": "removed"})}},
		"going, gone":  {busy, refuse("POST /containers/x/wait", 404, "No such container: x")},
		"going, fails": {busy, refuse("POST /containers/x/wait", 500, "broken")},
	} {
		err := connected(t, calls...).Remove(t.Context(), "x")
		if wantErr := name == "going, fails"; (err != nil) != wantErr {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShort(t *testing.T) {
	full := strings.Repeat("0123456789abcdef", 4)
	for in, want := range map[string]string{full: "0123456789ab", "a-name": "a-name", "": ""} {
		if got := short(in); got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
}
