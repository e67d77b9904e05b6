package session

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

func (f *fake) ReadFile(ctx context.Context, id, path string, limit int64) ([]byte, error) {
	if limit <= 0 {
		f.t.Error("a file is read without a limit")
	}
	if err := f.take(ctx, "read %s %s", id, path); err != nil {
		return nil, err
	}
	return []byte("npm https://packages.example/\n"), nil
}

func TestImageRegistries(t *testing.T) {
	dir := t.TempDir()
	look := []step{{call: "create dclaude-probe-1"}, {call: "read id-1 " + registryList}, {call: "remove id-1"}}
	f := newFake(t, append(look, look...)...)
	for _, image := range []string{"sha256:1", "sha256:1", "sha256:2", "sha256:2"} { // it looks once for each
		got, err := ImageRegistries(t.Context(), f, image, dir, "probe-1")
		if err != nil || len(got) != 1 || got[0].Rule != "packages.example" {
			t.Fatalf("%s: %v, %v", image, got, err)
		}
	}
	if f.created.Image != plan.Image || f.created.NetworkMode != "none" || f.created.Labels[plan.LabelRole] != plan.RoleProbe {
		t.Errorf("looked by %+v", f.created)
	}
	if err := os.WriteFile(filepath.Join(dir, "registries.json"), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := []step{{call: "create dclaude-probe-1"}, {call: "read id-1 " + registryList, err: failure(engine.KindNotFound)}, {call: "remove id-1"}}
	if got, err := ImageRegistries(t.Context(), newFake(t, missing...), "sha256:2", dir, "probe-1"); err != nil || len(got) != 0 {
		t.Errorf("an image without a list: %v, %v", got, err)
	}
	broken := []step{{call: "create dclaude-probe-1"}, {call: "read id-1 " + registryList, err: failure(engine.KindOther)}, {call: "remove id-1"}}
	if _, err := ImageRegistries(t.Context(), newFake(t, broken...), "sha256:3", dir, "probe-1"); !engine.IsKind(err, engine.KindOther) {
		t.Errorf("a failure: %v", err)
	}
	if _, err := ImageRegistries(t.Context(), newFake(t, step{call: "create dclaude-probe-1", err: failure(engine.KindNoImage)}), "sha256:3", dir, "probe-1"); !engine.IsKind(err, engine.KindNoImage) {
		t.Errorf("no image: %v", err)
	}
}
