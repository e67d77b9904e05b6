package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

type finding struct{ Area, Status, Text, Cure string }

// doctor returns the findings about an area, and the exit code.
func (w *world) doctor(area string, args ...string) ([]finding, int) {
	w.t.Helper()
	r := w.run(append([]string{"doctor", "--json"}, args...)...)
	var all []finding
	if err := json.Unmarshal([]byte(r.stdout), &all); err != nil {
		w.t.Fatalf("%v: %v", err, r)
	}
	var about []finding
	for _, f := range all {
		if f.Area == area {
			about = append(about, f)
		}
	}
	return about, r.code
}

func TestDoctor(t *testing.T) {
	w := newWorld(t)
	w.ok(w.project("p"), "--", "-p", "hi") // the image is there
	r := w.ok("doctor")
	for _, want := range []string{"Docker Engine", "(runsc) works", "(nested) works", "claude-sandbox", "the token works for another 7 h"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("no %q in\n%s", want, r.stdout)
		}
	}
	// A login that is a problem is one of a session, not of the machine.
	w.write(".claude/.credentials.json", `{"mcpOAuth":{"x":{"accessToken":"`+accessToken+`"}}}`)
	if f, code := w.doctor("login"); code != 0 || f[0].Status != "warning" || !strings.Contains(f[0].Text, "no Claude login") {
		t.Errorf("no login: %+v, %d", f, code)
	}
	w.set("DOCKER_HOST=unix://" + filepath.Join(w.home, "none.sock"))
	if f, code := w.doctor("engine"); code != 1 || f[0].Status != "error" || !strings.Contains(f[0].Cure, "start the engine") {
		t.Errorf("no engine: %+v, %d", f, code)
	}
	if f, _ := w.doctor("isolation"); f[0].Status != "skipped" {
		t.Errorf("without an engine: %+v", f)
	}
}

// A broken configuration is a finding among the others.
func TestDoctorWithBrokenSettings(t *testing.T) {
	w := newWorld(t)
	w.write(".config/dclaude/config.toml", "isolation = 5\n")
	if f, code := w.doctor("settings"); code != 1 || !strings.Contains(f[0].Text, "config.toml:1:13") {
		t.Errorf("%+v, %d", f, code)
	}
	if f, _ := w.doctor("engine"); f[0].Status != "ok" {
		t.Errorf("the rest goes on: %+v", f)
	}
	w.write(".config/dclaude/config.toml", "isolation = \"auto\"\n")
	path := filepath.Join(w.home, ".config/dclaude/config.toml")
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if f, code := w.doctor("settings"); code != 1 || !strings.Contains(f[0].Text, "writable for everybody") {
		t.Errorf("%+v, %d", f, code)
	}
	w.lab.TryDocker("run", "--name", w.lab.Name("probe"), "--label", "dev.dclaude.role=probe", "--entrypoint", "true", "claude-sandbox")
	if f, _ := w.doctor("left-overs"); f[0].Status != "warning" {
		t.Errorf("left-overs: %+v", f)
	}
	if f, code := w.doctor("settings", "--fix"); code != 0 || f[0].Status != "ok" {
		t.Errorf("fixed: %+v, %d", f, code)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if f, _ := w.doctor("left-overs"); f[0].Status != "ok" {
		t.Errorf("left-overs after --fix: %+v", f)
	}
}

// A login that others on this computer can read is told of, and mended on
// request.
func TestDoctorMendsALooseLogin(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(w.home, ".claude", ".credentials.json")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	f, _ := w.doctor("login")
	if last := f[len(f)-1]; last.Status != "warning" || !strings.Contains(last.Text, "mode 0644") {
		t.Errorf("told: %+v", f)
	}
	if f, _ = w.doctor("login", "--fix"); len(f) != 1 || f[0].Status != "ok" {
		t.Errorf("mended: %+v", f)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// withoutGVisor builds a dclaude that carries no gVisor, as `go build` does where
// `make` has not run.
func (w *world) withoutGVisor() string {
	w.t.Helper()
	carried, err := filepath.Glob(filepath.Join("..", "..", "assets", "build", "runsc*"))
	if err != nil || len(carried) == 0 {
		w.t.Fatalf("dclaude carries no gVisor as it is: %v", err)
	}
	hidden := map[string]string{}
	for _, path := range carried {
		full, err := filepath.Abs(path)
		if err != nil {
			w.t.Fatal(err)
		}
		hidden[full] = ""
	}
	overlay, err := json.Marshal(map[string]any{"Replace": hidden})
	if err != nil {
		w.t.Fatal(err)
	}
	dir := w.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		w.t.Fatal(err)
	}
	build := exec.CommandContext(w.t.Context(), "go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", filepath.Join(dir, "dclaude"), "./cmd/dclaude")
	build.Dir, build.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		w.t.Fatalf("build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "dclaude")
}

// Where there is no gVisor at all, doctor says so, why, and what that means; and
// fails if the settings ask for it.
func TestDoctorWithoutGVisor(t *testing.T) {
	w := newWorld(t)
	w.ok(w.project("p"), "--", "--version") // the image is there
	w.program = w.withoutGVisor()
	w.set("DOCKER_HOST=" + front{info: unregistered}.start(t, w.lab.Host))
	r := w.ok("doctor")
	for _, want := range []string{
		"(runsc): not here (runsc is not registered with the engine)",
		"(nested): not here (nested gVisor: ", "This dclaude was built without gVisor",
		"warning  isolation   sessions share the engine's kernel (runc): there is no gVisor here", "-> mend one of the two ways above",
	} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("no %q in\n%s", want, r.stdout)
		}
	}
	for _, setting := range []string{"gvisor", "runsc", "nested"} {
		w.set("DCLAUDE_ISOLATION=" + setting)
		f, code := w.doctor("isolation")
		if last := f[len(f)-1]; code != 1 || last.Status != "error" || !strings.Contains(last.Text, "no session starts") || last.Cure == "" {
			t.Errorf("%s: %+v, %d", setting, f, code)
		}
	}
	w.set("DCLAUDE_ISOLATION=runc")
	if f, code := w.doctor("isolation"); code != 0 || f[len(f)-1].Status != "warning" {
		t.Errorf("runc: %+v, %d", f, code)
	}
}
