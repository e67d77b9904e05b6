package engine

import (
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestImage(t *testing.T) {
	e := connected(t, call{want: "GET /images/claude-sandbox:latest/json", body: `{"Id":"sha256:1","Created":"2026-01-02T03:04:05Z","Size":7,
		"RepoTags":["claude-sandbox:latest"],"Architecture":"arm64","Config":{"Labels":{"k":"v"}}}`})
	got, err := e.Image(t.Context(), "claude-sandbox:latest")
	want := Image{
		ID: "sha256:1", Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Size: 7,
		Tags: []string{"claude-sandbox:latest"}, Arch: "arm64", Labels: map[string]string{"k": "v"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestImages(t *testing.T) {
	e := connected(t,
		call{
			want: "GET /images/json", check: query(map[string]string{"filters": `{"label":{"k=v":true}}`}),
			body: `[{"Id":"sha256:1","Created":1700000000,"Size":7,"RepoTags":["a:b"],"Labels":{"k":"v"}}]`,
		},
		call{want: "POST /images/a:b/tag", status: http.StatusCreated, check: func(t *testing.T, r *http.Request) {
			query(map[string]string{"tag": "c"})(t, r)
		}},
		call{want: "DELETE /images/a:b", body: `[{"Untagged":"a:b"}]`},
	)
	got, err := e.Images(t.Context(), map[string]string{"k": "v"})
	want := []Image{{ID: "sha256:1", Created: time.Unix(1700000000, 0), Size: 7, Tags: []string{"a:b"}, Labels: map[string]string{"k": "v"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := e.Tag(t.Context(), "a:b", "a:c"); err != nil {
		t.Error(err)
	}
	if err := e.RemoveImage(t.Context(), "a:b"); err != nil {
		t.Error(err)
	}
}

func TestVolumes(t *testing.T) {
	e := connected(t,
		call{
			want: "GET /volumes", check: query(map[string]string{"filters": `{"label":{"k":true}}`}),
			body: `{"Volumes":[{"Name":"v","Labels":{"k":"x"},"CreatedAt":"2026-01-02T03:04:05Z"}]}`,
		},
		call{want: "POST /volumes/create", status: http.StatusCreated, body: `{"Name":"v"}`, check: bodyIs(`{"Labels":{"k":"x"},"Name":"v"}`)},
		call{want: "DELETE /volumes/v", status: http.StatusNoContent, check: query(map[string]string{"force": ""})},
	)
	got, err := e.Volumes(t.Context(), map[string]string{"k": ""})
	want := []Volume{{Name: "v", Labels: map[string]string{"k": "x"}, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := e.CreateVolume(t.Context(), "v", map[string]string{"k": "x"}); err != nil {
		t.Error(err)
	}
	if err := e.RemoveVolume(t.Context(), "v"); err != nil {
		t.Error(err)
	}
}

func TestNetworks(t *testing.T) {
	e := connected(t,
		call{want: "GET /networks", body: `[{"Id":"1","Name":"n","Internal":true,"Labels":{"k":"v"},"Options":{"o":"p"},"Created":"2026-01-02T03:04:05Z"}]`},
		call{
			want: "POST /networks/create", status: http.StatusCreated, body: `{"Id":"1"}`,
			check: bodyIs(`{"Driver":"bridge","Internal":true,"Labels":{"k":"v"},"Name":"n","Options":{"o":"p"}}`),
		},
		call{want: "DELETE /networks/n", status: http.StatusNoContent},
	)
	got, err := e.Networks(t.Context(), nil)
	n := Network{
		ID: "1", Name: "n", Internal: true, Labels: map[string]string{"k": "v"}, Options: map[string]string{"o": "p"},
		Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	if err != nil || !reflect.DeepEqual(got, []Network{n}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if id, err := e.CreateNetwork(t.Context(), n); err != nil || id != "1" {
		t.Errorf("got %q, %v", id, err)
	}
	if err := e.RemoveNetwork(t.Context(), "n"); err != nil {
		t.Error(err)
	}
}

// bodyIs compares the fields of a request that are not empty.
func bodyIs(want string) func(*testing.T, *http.Request) {
	return func(t *testing.T, r *http.Request) {
		t.Helper()
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		for key, value := range fields {
			if v := reflect.ValueOf(value); !v.IsValid() || v.IsZero() {
				delete(fields, key)
			}
		}
		got, err := json.Marshal(fields)
		if err != nil || string(got) != want {
			t.Errorf("body is %s, want %s", got, want)
		}
	}
}

func TestInfo(t *testing.T) {
	const podmanServer = "Libpod/5.1.0 (linux)"
	for name, tt := range map[string]struct {
		info, version, server string
		want                  Info
	}{
		"docker engine": {
			info: `{"ID":"A","OperatingSystem":"Debian GNU/Linux 12","OSType":"linux","Architecture":"x86_64","Runtimes":{"runsc":{"path":"/opt/runsc","runtimeArgs":["--x"]},"runc":{"path":"runc"}},"DefaultRuntime":"runc",
			        "SecurityOptions":["name=apparmor","name=seccomp,profile=default","name=userns"],"CgroupVersion":"2","NCPU":4,"MemTotal":8,"Driver":"overlay2",
			        "ServerVersion":"20.10.24","KernelVersion":"6.1"}`,
			want: Info{
				ID: "A", Product: DockerEngine, ServerVersion: "20.10.24", APIVersion: fakeVersion, OS: "linux", Arch: "amd64",
				Runtimes: []string{"runc", "runsc"}, DefaultRuntime: "runc",
				Programs:        map[string]string{"runc": `{"path":"runc"}`, "runsc": `{"path":"/opt/runsc","runtimeArgs":["--x"]}`},
				SecurityOptions: []string{"name=apparmor", "name=seccomp,profile=default", "name=userns"}, UserNS: true, AppArmor: true,
				CgroupVersion: "2", CPUs: 4, MemoryBytes: 8, StorageDriver: "overlay2", KernelVersion: "6.1", HasBuildKit: true,
			},
		},
		"docker desktop": {
			info:    `{"OperatingSystem":"Docker Desktop","OSType":"linux","Architecture":"aarch64"}`,
			version: `{"Platform":{"Name":"Docker Desktop 4.44.0 (201307)"}}`,
			want:    Info{Product: "Docker Desktop 4.44.0 (201307)", APIVersion: fakeVersion, OS: "linux", Arch: "arm64", HasBuildKit: true},
		},
		"docker desktop of few words": {
			info: `{"OperatingSystem":"Docker Desktop"}`, version: `{"Platform":{"Name":""}}`,
			want: Info{Product: DockerDesktop, APIVersion: fakeVersion, HasBuildKit: true},
		},
		"rootless podman": {
			info: `{"OperatingSystem":"fedora","SecurityOptions":["name=seccomp,profile=default","name=rootless"],"Architecture":"riscv64"}`, server: podmanServer,
			want: Info{
				Product: Podman, APIVersion: fakeVersion, Arch: "riscv64", Rootless: true,
				SecurityOptions: []string{"name=seccomp,profile=default", "name=rootless"},
			},
		},
		"podman on a machine of lima's": {
			info: `{"OperatingSystem":"fedora","Name":"lima-default"}`, server: podmanServer,
			want: Info{Product: Podman, APIVersion: fakeVersion},
		},
	} {
		t.Run(name, func(t *testing.T) {
			calls := []call{{want: "GET /info", body: tt.info}}
			if tt.version != "" {
				calls = append(calls, call{want: "GET /version", body: tt.version})
			}
			f := fake(t, calls...)
			if tt.server != "" {
				f.header["Server"] = tt.server
			}
			if tt.want.Programs == nil {
				tt.want.Programs = map[string]string{}
			}
			got, err := f.engine().Info(t.Context())
			if tt.want.Product == Podman { // which has no ID that lasts
				if !strings.HasPrefix(got.ID, "unix://") {
					t.Errorf("ID: %q", got.ID)
				}
				got.ID = ""
			}
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

// What keeps the engine's machine off a network depends on the engine.
func TestNetworkWithoutHost(t *testing.T) {
	const driver = "com.docker.network.bridge."
	old := map[string]string{"o": "p", driver + "inhibit_ipv4": "true"}
	isolated := map[string]string{"o": "p", driver + "gateway_mode_ipv4": "isolated", driver + "gateway_mode_ipv6": "isolated"}
	for version, want := range map[string]map[string]string{"1.41": old, "1.47": old, "?": old, "1.48": isolated, "1.53": isolated} {
		if got := withoutHost(version, map[string]string{"o": "p"}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", version, got)
		}
	}
	e := connected(t,
		call{
			want: "POST /networks/create", status: http.StatusCreated, body: `{"Id":"1"}`,
			check: bodyIs(`{"Driver":"bridge","IPAM":{"Config":[{"Subnet":"10.1.0.0/29"}],"Driver":"default","Options":null},"Internal":true,"Name":"n","Options":{"com.docker.network.bridge.inhibit_ipv4":"true"}}`),
		},
		// What Podman answers (pkg/api/handlers/compat/networks.go, CreateNetwork).
		call{want: "POST /networks/create", status: http.StatusCreated, body: `{"Id":"2","Warning":"\"com.docker.network.bridge.inhibit_ipv4: true\" is not a recognized option"}`},
		call{want: "DELETE /networks/2", status: http.StatusNoContent},
		call{want: "POST /networks/n/connect", check: bodyIs(`{"Container":"c"}`)},
		call{want: "POST /networks/create", status: http.StatusForbidden, body: `{"message":"Pool overlaps with other one on this address space"}`},
		call{want: "GET /networks", body: `[{"Id":"1","IPAM":{"Config":[{"Subnet":"10.1.0.0/29"},{}]}}]`},
	)
	n := Network{Name: "n", Internal: true, NoHost: true, Subnets: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/29")}}
	if _, err := e.CreateNetwork(t.Context(), n); err != nil {
		t.Error(err)
	}
	if id, err := e.CreateNetwork(t.Context(), n); id != "" || !IsKind(err, KindUnsupported) || !strings.Contains(err.Error(), "inhibit_ipv4") {
		t.Errorf("an engine that does not know how: %q, %v", id, err)
	}
	podman := fake(t) // which is not even asked
	podman.header["Server"] = "Libpod/5.8.6 (linux)"
	if id, err := podman.engine().CreateNetwork(t.Context(), n); id != "" || !IsKind(err, KindUnsupported) || !strings.Contains(err.Error(), "Podman cannot keep its own machine off it") {
		t.Errorf("Podman: %q, %v", id, err)
	}
	if err := e.ConnectNetwork(t.Context(), "n", "c"); err != nil {
		t.Error(err)
	}
	if _, err := e.CreateNetwork(t.Context(), Network{Name: "n"}); !IsKind(err, KindAddressInUse) {
		t.Errorf("a clash: %v", err)
	}
	if got, err := e.Networks(t.Context(), nil); err != nil || len(got) != 1 || !reflect.DeepEqual(got[0].Subnets, n.Subnets) {
		t.Errorf("list: %+v, %v", got, err)
	}
}
