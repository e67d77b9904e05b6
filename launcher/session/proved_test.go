package session

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"dclaude/launcher/engine"
)

func TestProved(t *testing.T) {
	p := Probes{Dir: t.TempDir()}
	info := engine.Info{ID: "e1", ServerVersion: "20.10"}
	if got := p.Proved(info); len(got) != 0 {
		t.Errorf("at the start: %q", got)
	}
	for _, have := range []proof{
		{Way: "runsc", Engine: "e1", Version: "20.10", Kernel: "Linux gVisor"},
		{Way: "nested", Engine: "e1", Version: "20.10", Kernel: "4.19.0-gvisor"},
		{Way: "runsc", Engine: "e2", Version: "20.10", Kernel: "Linux gVisor"},
		{Way: "nested", Engine: "e3", Version: "19", Kernel: "Linux gVisor"},
		{Way: "runsc", Engine: "e4", Version: "20.10", Kernel: "Linux 6.1"},
	} {
		if err := p.save(have); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string][]string{"e1": {"nested", "runsc"}, "e2": {"runsc"}, "e3": nil, "e4": nil} {
		info.ID = id
		if got := p.Proved(info); !slices.Equal(got, want) {
			t.Errorf("%s: %q", id, got)
		}
	}
	if err := os.WriteFile(filepath.Join(p.Dir, "probe.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := p.Proved(info); len(got) != 0 {
		t.Errorf("broken: %q", got)
	}
}
