package engine

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
)

func TestContainers(t *testing.T) {
	e := connected(t, call{
		want: "GET /containers/json",
		check: query(map[string]string{
			"all": "1", "filters": `{"label":{"dev.dclaude.role=sandbox":true,"dev.dclaude.session":true}}`,
		}),
		body: `[{"Id":"1","Names":["/a","/b/a"],"Image":"i","ImageID":"sha256:2","Labels":{"dev.dclaude.role":"sandbox","dev.dclaude.session":"s"},"State":"running","Status":"Up 2 hours","Created":1700000000},
		        {"Id":"2","Names":[],"Labels":{"dev.dclaude.role":"sandbox","dev.dclaude.session":""},"State":"exited"},
		        {"Id":"3","Names":["/c"],"Labels":{"dev.dclaude.role":"gateway","dev.dclaude.session":"s"},"State":"running"},
		        {"Id":"4","Names":["/d"],"Labels":{"dev.dclaude.role":"sandbox"},"State":"running"}]`,
	})
	got, err := e.Containers(t.Context(), map[string]string{"dev.dclaude.role": "sandbox", "dev.dclaude.session": ""})
	if err != nil {
		t.Fatal(err)
	}
	want := []Container{
		{ID: "1", Name: "a", Image: "i", ImageID: "sha256:2", Labels: map[string]string{"dev.dclaude.role": "sandbox", "dev.dclaude.session": "s"}, State: "running", Status: "Up 2 hours", Created: time.Unix(1700000000, 0)},
		{ID: "2", Labels: map[string]string{"dev.dclaude.role": "sandbox", "dev.dclaude.session": ""}, State: "exited", Created: time.Unix(0, 0)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if !got[0].Running() || got[1].Running() {
		t.Error("the running one is not told from the other")
	}
}

func TestInspect(t *testing.T) {
	e := connected(t, call{want: "GET /containers/a/json", body: `{
		"Id":"1","Name":"/a","Image":"sha256:2","Created":"2026-01-02T03:04:05.678Z",
		"State":{"Status":"exited","Pid":0,"ExitCode":137,"OOMKilled":true,"StartedAt":"2026-01-02T03:04:06Z"},
		"Config":{"Image":"i","Tty":true,"Labels":{"k":"v"}},
		"HostConfig":{"Runtime":"runsc"},
		"Mounts":[{"Type":"bind","Source":"/p","Destination":"/workspace","RW":true},{"Type":"volume","Name":"v","Source":"/var/v","Destination":"/s","RW":false}],
		"NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.2"},"none":{"IPAddress":""}}}}`})
	got, err := e.Inspect(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	want := Details{
		Container: Container{
			ID: "1", Name: "a", Image: "i", ImageID: "sha256:2", Labels: map[string]string{"k": "v"}, State: "exited",
			Created: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
		},
		Runtime: "runsc", TTY: true, ExitCode: 137, OOMKilled: true, StartedAt: time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC),
		Mounts: []MountPoint{
			{Type: "bind", Source: "/p", Target: "/workspace"},
			{Type: "volume", Name: "v", Source: "/var/v", Target: "/s", ReadOnly: true},
		},
		Networks: map[string]string{"bridge": "172.17.0.2", "none": ""},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestInspectLittle(t *testing.T) {
	e := connected(t, call{want: "GET /containers/a/json", body: `{"Id":"1","State":{"Status":"created","StartedAt":"0001-01-01T00:00:00Z"}}`})
	got, err := e.Inspect(t.Context(), "a")
	if err != nil || !got.StartedAt.IsZero() || !got.Created.IsZero() || got.Runtime != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestStats(t *testing.T) {
	e := connected(t, call{
		want: "GET /containers/a/stats", check: query(map[string]string{"stream": "false", "one-shot": "true"}),
		body: `{"read":"2026-01-02T03:04:05Z","pids_stats":{"current":7},"cpu_stats":{"cpu_usage":{"total_usage":1500000000}},
		        "memory_stats":{"usage":1000,"limit":5000,"stats":{"total_inactive_file":300}}}`,
	})
	got, err := e.Stats(t.Context(), "a")
	want := Stats{Read: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), CPU: 1500 * time.Millisecond, MemoryBytes: 700, MemoryLimit: 5000, Pids: 7}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	e = connected(t, call{want: "GET /containers/a/stats", body: "{"})
	if _, err := e.Stats(t.Context(), "a"); err == nil {
		t.Error("half an answer passes")
	}
}

func TestUsedMemory(t *testing.T) {
	for _, tt := range []struct {
		stats map[string]uint64
		want  uint64
	}{
		{nil, 100},
		{map[string]uint64{"inactive_file": 40}, 60},
		{map[string]uint64{"total_inactive_file": 30, "inactive_file": 40}, 70},
		{map[string]uint64{"inactive_file": 400}, 100},
	} {
		if got := usedMemory(container.MemoryStats{Usage: 100, Stats: tt.stats}); got != tt.want {
			t.Errorf("%v: %d", tt.stats, got)
		}
	}
}

func TestEvents(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e := connected(t, call{
		want:  "GET /events",
		check: query(map[string]string{"filters": `{"label":{"k=v":true},"type":{"container":true}}`}),
		handle: func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"Type":"container","Action":"die","Actor":{"ID":"0","Attributes":{"k":"other"}}}`+"\n") // Podman's
			_, _ = io.WriteString(w, `{"Type":"container","Action":"die","Actor":{"ID":"1","Attributes":{"name":"a","image":"i","k":"v","exitCode":"3"}},"timeNano":1700000000000000001}`+"\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	})
	events, errs := e.Events(ctx, map[string]string{"k": "v"})
	got := <-events
	if got.Action != "die" || got.ID != "1" || got.Name != "a" || got.Image != "i" || got.Labels["exitCode"] != "3" || got.Time.UnixNano() != 1700000000000000001 {
		t.Errorf("got %+v", got)
	}
	cancel()
	if err := <-errs; !IsKind(err, KindCancelled) {
		t.Errorf("ended with %v", err)
	}
	if _, open := <-events; open {
		t.Error("the events go on")
	}
}

func TestEventsEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		answer call
		kind   Kind
	}{
		"refused":     {refuse("GET /events", 500, "broken"), KindOther},
		"engine gone": {call{want: "GET /events"}, KindConnectionLost},
	} {
		_, errs := connected(t, tt.answer).Events(t.Context(), nil)
		if err := <-errs; !IsKind(err, tt.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
