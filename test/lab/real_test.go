package lab_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/fakeapi"
	"dclaude/test/lab"
)

// The tests in this file run against the real engine of the lab.

func TestRuntimesOfThePrivateEngine(t *testing.T) {
	env := lab.Require(t)
	if env.Host != env.Lab.EngineHost() {
		t.Skip("no lab: the tests run against another engine, whose runtimes are its own")
	}
	for name, gvisor := range map[string]bool{lab.RuntimeGVisor: true, lab.RuntimeImpostor: false, "runc": false} {
		kernel := env.Docker("run", "--rm", "--runtime", name, lab.BaseName, "cat", "/proc/version")
		if got := strings.Contains(kernel, "gvisor"); got != gvisor {
			t.Errorf("under %s the kernel is %q, gVisor: %v, want %v", name, kernel, got, gvisor)
		}
	}
}

func TestBaseImageLooksLikeThePublishedOne(t *testing.T) {
	env := lab.Require(t)
	config := env.Docker("image", "inspect", "--format",
		"{{json .Config.Entrypoint}} {{json .Config.Cmd}} {{json .Config.WorkingDir}} {{json .Config.User}}", lab.BaseName)
	if want := `["docker-entrypoint.sh"] ["node"] "" ""`; config != want {
		t.Errorf("configuration %s, want %s", config, want)
	}
	got := env.Docker("run", "--rm", lab.BaseName, "sh", "-c",
		`for p in node npm npx; do command -v $p; done; node --version | cut -d. -f1; npm --version | cut -d. -f1; id node; . /etc/os-release; echo "$VERSION_CODENAME"; ls /usr/local/share/ca-certificates 2>/dev/null || true`)
	want := "/usr/local/bin/node\n/usr/local/bin/npm\n/usr/local/bin/npx\nv22\n10\nuid=1000(node) gid=1000(node) groups=1000(node)\nbookworm"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := env.Docker("run", "--rm", lab.BaseName, "--print", "6*7"); got != "42" {
		t.Errorf("a flag as the command gave %q, want what node prints", got)
	}
}

// serve starts a server of the test's where containers can reach it.
func serve(t *testing.T, env *lab.Env) (api *fakeapi.Server, url string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("no lab: the engine runs in a virtual machine, not on this one")
	}
	api = fakeapi.New()
	url, stop, err := api.Start(net.JoinHostPort(env.Gateway(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return api, url
}

func TestContainersReachAServerOfTheTest(t *testing.T) {
	env := lab.Require(t)
	api, url := serve(t, env)
	script := fmt.Sprintf("fetch(%q).then(r => console.log(r.status))", url+"/hello")
	for _, name := range []string{"runc", lab.RuntimeGVisor} {
		if got := env.Docker("run", "--rm", "--runtime", name, lab.BaseName, "node", "-e", script); got != "404" {
			t.Errorf("under %s the answer is %q, want 404", name, got)
		}
	}
	if n := len(api.Requests()); n != 2 {
		t.Errorf("%d requests arrived, want 2", n)
	}
}

// Linux gives a bridge the lowest address of what hangs on it, unless it was
// given one: then each end of a container could cut the others off from this
// machine until they ask for its address again.
func TestContainersThatEndCutNobodyOff(t *testing.T) {
	env := lab.Require(t)
	_, url := serve(t, env)
	service := "/dev/tcp/" + strings.Replace(strings.TrimPrefix(url, "http://"), ":", "/", 1)
	start := func() string {
		name := env.Name("container")
		env.RemoveAtEnd("container", name)
		env.Docker("run", "--detach", "--name", name, lab.BaseName, "sleep", "600")
		return name
	}
	for round := range 4 {
		stays, others := start(), []string{start(), start(), start()}
		connects := func() bool {
			_, err := env.TryDocker("exec", stays, "timeout", "4", "bash", "-c", "exec 3<>"+service)
			return err == nil
		}
		before := connects()
		env.Docker(append([]string{"rm", "--force"}, others...)...)
		if after := connects(); !before || !after {
			t.Errorf("round %d: connected before the others ended: %v, after: %v", round, before, after)
		}
	}
}

func TestRemoveAtEnd(t *testing.T) {
	env := lab.Require(t)
	var names [3]string
	kinds := [3]string{"volume", "network", "container"}
	t.Run("inner", func(t *testing.T) {
		env := lab.Require(t)
		for i, kind := range kinds {
			names[i] = env.Name(kind)
			env.RemoveAtEnd(kind, names[i])
			env.RemoveAtEnd(kind, names[i]) // gone by then: no failure
		}
		env.Docker("volume", "create", names[0])
		env.Docker("network", "create", names[1])
		env.Docker("run", "--detach", "--name", names[2], "--network", names[1], "--volume", names[0]+":/v", lab.BaseName, "sleep", "600")
	})
	for i, kind := range kinds {
		if out, err := env.TryDocker(kind, "inspect", names[i]); err == nil {
			t.Errorf("%s %s outlived its test: %s", kind, names[i], out)
		}
	}
}

func TestUpIsQuickWhenAllIsThere(t *testing.T) {
	env := lab.Require(t)
	if env.Host != env.Lab.EngineHost() {
		t.Skip("no lab: the tests run against another engine")
	}
	start := time.Now()
	if _, err := env.Lab.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

// TestLifeOfAnEngine brings a second lab up beside the first, breaks its
// engine off, brings it up again and takes it down, and looks that nothing of
// it stays and nothing of the first one is harmed.
func TestLifeOfAnEngine(t *testing.T) {
	env := lab.Require(t)
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("no lab: only root on Linux can start an engine")
	}
	if env.Host != env.Lab.EngineHost() {
		t.Skip("no lab: the tests run against another engine")
	}
	rules := filterRules(t, env)
	second := secondLab(t, env.Lab)
	host := up(t, second)
	call := func(args ...string) string { return dockerAt(t, second, host, args...) }

	network, container := env.Name("network"), env.Name("container")
	call("network", "create", network)
	run := func() {
		call("run", "--detach", "--name", container, "--network", network, "--runtime", lab.RuntimeGVisor, lab.BaseName, "sleep", "600")
	}
	run()
	if n := second.Containers(t.Context()); n != 1 {
		t.Errorf("%d containers count as running, want 1", n)
	}
	for _, rule := range rules {
		if !strings.Contains(filter(t), rule) {
			t.Errorf("the start of a second engine has cost the first its rule %q", rule)
		}
	}

	breakOff(t, second)
	if again := up(t, second); again != host {
		t.Errorf("the endpoint moved from %s to %s", host, again)
	}
	if state := call("container", "inspect", "--format", "{{.State.Running}}", container); state != "false" {
		t.Errorf("a container of the engine that broke off counts as running: %s", state)
	}
	// gVisor does not start a container again whose sandbox was killed: its own
	// file lies in the container's layer.
	call("rm", container)
	run()
	breakOff(t, second) // with a container, a network and its rules in place
	if err := second.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	assertNothingLeft(t, second, host)
	if got := env.Docker("run", "--rm", lab.BaseName, "echo", "alive"); got != "alive" {
		t.Errorf("the first engine answers %q", got)
	}
}

// secondLab is a lab in a folder of the test's that takes what is slow to make
// from the first.
func secondLab(t *testing.T, first *lab.Lab) *lab.Lab {
	t.Helper()
	dir := t.TempDir()
	for _, part := range []string{"bin", "rootfs"} {
		from := filepath.Join(first.Dir(), part)
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(from)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(first.Dir(), "roots"), filepath.Join(dir, "roots")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(lab.DirVariable, dir)
	second, err := lab.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := second.Wipe(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return second
}

func up(t *testing.T, l *lab.Lab) (host string) {
	t.Helper()
	host, err := l.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return host
}
