package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dclaude/test/lab"
)

// Each test has a lab of its own, whatever `make test` has set.
func TestMain(m *testing.M) {
	for _, name := range []string{lab.DirVariable, lab.HostVariable} {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// call runs the command in a lab of the test's own.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	if os.Getenv(lab.DirVariable) == "" {
		t.Setenv(lab.DirVariable, t.TempDir())
	}
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{nil, {"help"}, {"--help"}} {
		if code, stdout, _ := call(t, args...); code != 0 || stdout != usage {
			t.Errorf("%v: exit code %d, %q", args, code, stdout)
		}
	}
	for _, command := range []string{"up", "env", "base", "runsc", "claude", "fakeapi", "status", "down"} {
		if !strings.Contains(usage, "\n  "+command+" ") {
			t.Errorf("%s is not in the usage", command)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown command": {"ascend"},
		"unknown flag":    {"up", "--sideways"},
		"argument":        {"down", "now"},
		"no host":         {"base"},
		"bad rule":        {"fakeapi", "--bash", "no equals sign"},
		"status argument": {"status", "all"},
		"env argument":    {"env", "all"},
		"runsc argument":  {"runsc", "all"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := call(t, args...)
			if code != 2 || stdout != "" || !strings.HasPrefix(stderr, "lab: error: ") {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}

func TestEnvOfALabThatIsDown(t *testing.T) {
	code, stdout, stderr := call(t, "env")
	if code != 1 || stdout != "" || !strings.Contains(stderr, "lab up") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestStatusOfAnEmptyLab(t *testing.T) {
	if code, stdout, _ := call(t, "status"); code != 0 || !strings.Contains(stdout, "not running") {
		t.Errorf("status: exit code %d, %q", code, stdout)
	}
}

func TestHintIsALineOfItsOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(lab.DirVariable, filepath.Join(file, "lab"))
	code, _, stderr := call(t, "status")
	if code != 1 || !strings.Contains(stderr, "\nlab: hint: ") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

func TestFakeAPI(t *testing.T) {
	t.Setenv(lab.DirVariable, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	out, w := io.Pipe()
	var log bytes.Buffer
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"fakeapi", "--log", "--bash", "LIST=ls -l"}, w, &log)
	}()
	buf := make([]byte, 200)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(string(buf[:n]))
	req, err := http.NewRequestWithContext(t.Context(), "POST", url+"/v1/messages",
		strings.NewReader(`{"messages":[{"role":"user","content":"LIST"}],"tools":[{"name":"Bash"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer a-secret-token")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || !strings.Contains(string(body), `"command":"ls -l"`) {
		t.Errorf("answer %s, %v", body, err)
	}
	cancel()
	if code := <-done; code != 0 {
		t.Errorf("exit code %d after an interrupt", code)
	}
	var record map[string]any
	if err := json.Unmarshal(log.Bytes(), &record); err != nil || record["path"] != "/v1/messages" {
		t.Errorf("log %q, %v", log.String(), err)
	}
	if strings.Contains(log.String(), "a-secret-token") {
		t.Error("the token is in the log")
	}
}

func TestBashFlag(t *testing.T) {
	var r rules
	for text, ok := range map[string]bool{"A=b": true, "A=b=c": true, "A": false, "=b": false, "A=": false} {
		if err := r.Set(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	if r.String() != "2 rules" {
		t.Errorf("got %s", r.String())
	}
}

func TestWipeMustNameTheLab(t *testing.T) {
	t.Setenv(lab.DirVariable, t.TempDir())
	kept := filepath.Join(os.Getenv(lab.DirVariable), "engine", "data")
	if err := os.MkdirAll(kept, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"down", "--wipe"}, {"down", "--wipe", t.TempDir()}} {
		if code, _, stderr := call(t, args...); code != 2 {
			t.Errorf("%v: exit code %d, %q", args, code, stderr)
		}
		if _, err := os.Stat(kept); err != nil {
			t.Fatalf("%v removed the engine's data: %v", args, err)
		}
	}
}
