package engine

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"dclaude/launcher/plan"

	"dclaude/launcher/seccomp"
	"github.com/moby/moby/client"
)

// requestFor returns what the engine would be sent for a plan.
func requestFor(t *testing.T, c plan.Container) string {
	t.Helper()
	o, err := createOptions(c)
	if err != nil {
		return err.Error() // a profile that there is not
	}
	text, err := json.MarshalIndent(struct {
		Name               string
		Config, HostConfig any
		NetworkingConfig   any `json:",omitempty"`
	}{o.Name, o.Config, o.HostConfig, networkingOf(o)}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// networkingOf keeps a nil pointer from becoming an interface that is not nil.
func networkingOf(o client.ContainerCreateOptions) any {
	if o.NetworkingConfig == nil {
		return nil
	}
	return o.NetworkingConfig
}

// fill sets a value to something that is not its zero value.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.ValueOf(&plan.Endpoint{Network: "filled", Address: netip.MustParseAddr("192.0.2.1")}))
	case reflect.String:
		v.SetString("filled")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(12345)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		if v.Index(0).Kind() == reflect.Struct {
			v.Index(0).Set(reflect.ValueOf(plan.Mount{Kind: plan.Bind, Source: "/s", Target: "/t"}))
			return
		}
		fill(t, v.Index(0))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"filled": "filled"}))
	default:
		t.Fatalf("no rule to fill a %s", v.Type())
	}
}

// TestEveryFieldReachesTheEngine fills one field of a plan at a time. A field
// that is added later and forgotten in createOptions fails it.
func TestEveryFieldReachesTheEngine(t *testing.T) {
	empty := requestFor(t, plan.Container{})
	var try func(path string, at func(*plan.Container) reflect.Value)
	try = func(path string, at func(*plan.Container) reflect.Value) {
		typ := at(new(plan.Container)).Type()
		if typ == reflect.TypeFor[netip.Addr]() {
			if requestFor(t, plan.Container{Resolver: netip.MustParseAddr("192.0.2.1")}) == empty {
				t.Errorf("%s does not reach the engine", path)
			}
			return
		}
		if typ.Kind() == reflect.Struct {
			for i := range typ.NumField() {
				try(path+"."+typ.Field(i).Name, func(c *plan.Container) reflect.Value { return at(c).Field(i) })
			}
			return
		}
		var c plan.Container
		fill(t, at(&c))
		if requestFor(t, c) == empty {
			t.Errorf("%s does not reach the engine", path)
		}
	}
	try("Container", func(c *plan.Container) reflect.Value { return reflect.ValueOf(c).Elem() })
}

// TestEveryFieldOfAMountReachesTheEngine does the same for mounts; a field
// has to matter for one kind at least.
func TestEveryFieldOfAMountReachesTheEngine(t *testing.T) {
	typ := reflect.TypeFor[plan.Mount]()
	for i := range typ.NumField() {
		reached := false
		for _, kind := range []plan.MountKind{plan.Bind, plan.NamedVolume} {
			m := plan.Mount{Kind: kind}
			before := requestFor(t, plan.Container{Mounts: []plan.Mount{m}})
			fill(t, reflect.ValueOf(&m).Elem().Field(i))
			reached = reached || requestFor(t, plan.Container{Mounts: []plan.Mount{m}}) != before
		}
		if !reached {
			t.Errorf("Mount.%s does not reach the engine", typ.Field(i).Name)
		}
	}
}

// TestCreateRequest compares two whole requests with files: what the engine is
// asked for is the sandbox.
func TestCreateRequest(t *testing.T) {
	for name, c := range map[string]plan.Container{
		"least": {Image: "i"},
		"full": {
			Name: "n", Image: "i", Hostname: "h", User: "501:20", Entrypoint: []string{"/e"}, Command: []string{"c", "-p"},
			Env: []string{"A=b"}, Labels: map[string]string{"l": "v"}, WorkingDir: "/workspace", TTY: true,
			Runtime: "runsc", NetworkMode: "net", Resolver: netip.MustParseAddr("10.1.0.2"), KeepOutput: true,
			Endpoint: &plan.Endpoint{Network: "own", Address: netip.MustParseAddr("10.1.0.3")}, CapAdd: []string{"CHOWN"}, SecurityOpt: []string{"no-new-privileges"}, ReadOnly: true,
			Mounts: []plan.Mount{
				{Kind: plan.Bind, Source: "/a:b,c\n\"d", Target: "/workspace"},
				{Kind: plan.NamedVolume, Source: "state", Target: "/state", Labels: map[string]string{"l": "v"}},
			},
			Tmpfs:  map[string]string{"/tmp": "mode=1777"},
			Limits: plan.Limits{MemoryBytes: 1 << 30, CPUs: 1.5, Pids: 100},
		},
	} {
		got := requestFor(t, c) + "\n"
		file := filepath.Join("testdata", "create-"+name+".json")
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: the request is now\n%s", file, got)
		}
	}
}

// A nested session's profile goes to the engine as text, behind the plan's own
// options, and a plan's name for a profile that there is not goes nowhere.
func TestSeccompProfile(t *testing.T) {
	c := plan.Container{SecurityOpt: []string{"no-new-privileges"}, Seccomp: plan.SeccompNested}
	o, err := createOptions(c)
	if err != nil {
		t.Fatal(err)
	}
	got := o.HostConfig.SecurityOpt
	profile, err := seccomp.Profile()
	if err != nil || len(got) != 2 || got[0] != "no-new-privileges" || got[1] != "seccomp="+profile {
		t.Errorf("security options %.200q, %v", got, err)
	}
	c.Seccomp = "unconfined"
	e := connected(t)
	if _, err := e.Create(t.Context(), c); err == nil || !strings.Contains(err.Error(), `no seccomp profile "unconfined"`) {
		t.Errorf("got %v", err)
	}
}

func TestCreate(t *testing.T) {
	e := connected(t, call{
		want: "POST /containers/create", status: http.StatusCreated, body: `{"Id":"abc"}`,
		check: func(t *testing.T, r *http.Request) {
			query(map[string]string{"name": "x"})(t, r)
			var body struct {
				Image      string
				HostConfig struct {
					Binds      []string
					CapDrop    []string
					AutoRemove bool
				}
			}
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Error(err)
			}
			if body.Image != "i" || !body.HostConfig.AutoRemove || len(body.HostConfig.Binds) != 0 || len(body.HostConfig.CapDrop) != 1 {
				t.Errorf("request is %+v", body)
			}
		},
	})
	if id, err := e.Create(t.Context(), sample()); err != nil || id != "abc" {
		t.Errorf("got %q, %v", id, err)
	}
}
