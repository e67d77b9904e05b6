package dclaude_test

import (
	"encoding/json"
	"errors"
	"go/doc"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// allowed is the table of docs/architecture.md: what each package of ours may
// import of ours, and which modules it may use. "..." matches what lies below.
// A package that is not listed fails the test: say what it is for, first.
var allowed = map[string][]string{
	// What makes packages is no part of the programs.
	"dclaude/packaging/cmd/bundle":   {"dclaude/packaging/icns", "howett.net/plist"},
	"dclaude/packaging/cmd/describe": {"dclaude/launcher/cli", "dclaude/launcher/config", "dclaude/packaging/manpage", "github.com/spf13/cobra"},
	"dclaude/packaging/cmd/notices":  {"dclaude/packaging/notices"},
	"dclaude/packaging/icns":         {},
	"dclaude/packaging/manpage":      {"github.com/spf13/cobra", "github.com/spf13/pflag"},
	"dclaude/packaging/notices":      {"github.com/google/licensecheck"},

	"dclaude":                     {},
	"dclaude/assets":              {"github.com/klauspost/compress/zstd"},
	"dclaude/assets/cmd/pack":     {"github.com/klauspost/compress/zstd"},
	"dclaude/cmd/dclaude":         {"dclaude/launcher/cli"},
	"dclaude/cmd/dclaude-guest":   {"dclaude/launcher/guest"},
	"dclaude/cmd/dclaude-gateway": {"dclaude/launcher/guest/gateway"},
	"dclaude/creds":               {},
	"dclaude/creds/file":          {"dclaude/creds"},
	"dclaude/creds/keychain":      {"dclaude/creds", "github.com/keybase/go-keychain", "golang.org/x/text/unicode/norm"},
	"dclaude/launcher/apparmor":   {},
	"dclaude/launcher/claudehome": {"dclaude/launcher/handoff", "dclaude/launcher/project"},
	"dclaude/launcher/cli":        {"dclaude/assets", "dclaude/creds/...", "dclaude/launcher/...", "github.com/spf13/...", "golang.org/x/..."},
	"dclaude/launcher/config":     {"dclaude/launcher/egress", "github.com/gofrs/flock", "github.com/pelletier/go-toml/v2/...", "github.com/docker/go-units"},
	"dclaude/launcher/engine": {"dclaude/launcher/plan", "dclaude/launcher/seccomp", "dclaude/launcher/config", "dclaude/launcher/handoff", "dclaude/launcher/project",
		"github.com/moby/...", "github.com/docker/...", "github.com/containerd/...", "github.com/tonistiigi/...", "github.com/opencontainers/...", "golang.org/x/...", "google.golang.org/grpc/..."},
	"dclaude/launcher/doctor":        {},
	"dclaude/launcher/egress":        {},
	"dclaude/launcher/fakeapi":       {},
	"dclaude/launcher/gitconfig":     {},
	"dclaude/launcher/grants":        {"dclaude/launcher/egress", "github.com/gofrs/flock"},
	"dclaude/launcher/guest":         {"dclaude/launcher/gitconfig", "dclaude/launcher/handoff", "dclaude/launcher/review", "github.com/hashicorp/yamux", "github.com/opencontainers/runtime-spec/...", "golang.org/x/sys/unix"},
	"dclaude/launcher/guest/gateway": {"dclaude/launcher/egress", "golang.org/x/net/dns/dnsmessage", "golang.org/x/sync/errgroup"},
	"dclaude/launcher/handoff":       {},
	"dclaude/launcher/image":         {"dclaude/assets"},
	"dclaude/launcher/opened":        {},
	"dclaude/launcher/plan":          {"dclaude/launcher/config", "dclaude/launcher/egress", "dclaude/launcher/handoff", "dclaude/launcher/project"},
	"dclaude/launcher/project":       {},
	"dclaude/launcher/registries":    {"dclaude/launcher/egress"},
	"dclaude/launcher/review":        {},
	"dclaude/launcher/seccomp":       {},
	"dclaude/launcher/session": {"dclaude/creds", "dclaude/launcher/egress", "dclaude/launcher/engine", "dclaude/launcher/fakeapi", "dclaude/launcher/handoff", "dclaude/launcher/image",
		"dclaude/launcher/plan", "dclaude/launcher/registries", "dclaude/launcher/review", "github.com/gofrs/flock", "github.com/hashicorp/yamux"},
	"dclaude/launcher/trust":  {"github.com/aymanbagabas/go-udiff"},
	"dclaude/launcher/verify": {},
	"dclaude/launcher/tty":    {"github.com/clipperhouse/displaywidth", "github.com/muesli/cancelreader", "golang.org/x/..."},

	// The menu-bar app.
	"dclaude/cmd/dclaude-menubar": {"dclaude/app", "dclaude/app/tray/native"},
	"dclaude/app": {"dclaude/app/drop", "dclaude/app/instance", "dclaude/app/logfile", "dclaude/app/loginitem", "dclaude/app/menu", "dclaude/app/monitor", "dclaude/app/notify",
		"dclaude/app/picker", "dclaude/app/recents", "dclaude/app/terminal", "dclaude/app/tray", "dclaude/app/wake", "dclaude/creds/...", "dclaude/launcher/...", "github.com/fsnotify/fsnotify"},
	"dclaude/app/cocoa":       {"github.com/ebitengine/purego/..."},
	"dclaude/app/drop":        {"dclaude/app/cocoa", "github.com/ebitengine/purego/objc"},
	"dclaude/app/instance":    {"github.com/gofrs/flock"},
	"dclaude/app/logfile":     {},
	"dclaude/app/loginitem":   {"dclaude/app/cocoa", "github.com/ebitengine/purego/objc"},
	"dclaude/app/menu":        {"dclaude/app/monitor", "dclaude/launcher/tty"},
	"dclaude/app/monitor":     {},
	"dclaude/app/notify":      {"dclaude/app/cocoa", "dclaude/app/menu", "dclaude/app/monitor", "dclaude/app/sessionbus", "dclaude/assets/icons", "dclaude/launcher/tty", "github.com/ebitengine/purego/objc", "github.com/godbus/dbus/v5"},
	"dclaude/app/picker":      {"dclaude/app/cocoa", "dclaude/app/sessionbus", "github.com/ebitengine/purego/objc", "github.com/godbus/dbus/v5"},
	"dclaude/app/recents":     {},
	"dclaude/app/sessionbus":  {"github.com/godbus/dbus/v5"},
	"dclaude/app/terminal":    {},
	"dclaude/app/tray":        {"dclaude/app/menu"},
	"dclaude/app/tray/native": {"dclaude/app/menu", "dclaude/app/sessionbus", "dclaude/app/tray", "dclaude/assets/icons", "fyne.io/systray", "github.com/godbus/dbus/v5"},
	"dclaude/app/wake":        {"dclaude/app/cocoa", "github.com/ebitengine/purego/objc", "github.com/godbus/dbus/v5"},
	"dclaude/assets/icons":    {},

	"dclaude/creds/host":    {"dclaude/creds", "dclaude/creds/file", "dclaude/creds/keychain", "dclaude/creds/watch"},
	"dclaude/creds/refresh": {"dclaude/creds", "github.com/gofrs/flock"},
	"dclaude/creds/watch":   {"dclaude/creds", "github.com/fsnotify/fsnotify"},
	"dclaude/creds/vault":   {"dclaude/creds", "dclaude/creds/file", "github.com/godbus/dbus/v5", "github.com/zalando/go-keyring"},
	"dclaude/launcher/credentials": {"dclaude/creds/...", "dclaude/launcher/engine", "dclaude/launcher/handoff", "dclaude/launcher/opened", "dclaude/launcher/plan",
		"dclaude/launcher/session"},
}

// banned are modules that must not be linked, however they come in.
var banned = map[string]map[string]string{
	"dclaude/cmd/dclaude": {
		"fyne.io/systray": "the CLI runs without a desktop, and must not wait for one to load",
		"testing":         "test code in a shipped program",
	},
	"dclaude/cmd/dclaude-guest": {
		"net/http":                      "the init holds one connection and speaks no HTTP on it; the gateway is a program of its own",
		"github.com/moby/moby/client":   "what runs in a sandbox has no business with the engine",
		"dclaude/launcher/config":       "settings are decided on the host and arrive in the handoff",
		"github.com/pelletier/go-toml/": "settings are decided on the host and arrive in the handoff",
	},
	"dclaude/app/menu": {
		"os/exec": "a menu is pure: it runs nothing",
		"os/user": "a menu is pure: it asks nobody",
	},
	"dclaude/cmd/dclaude-gateway": {
		"github.com/moby/moby/client":   "what runs in a container has no business with the engine",
		"dclaude/launcher/config":       "settings are decided on the host and arrive as the gateway's setup",
		"github.com/pelletier/go-toml/": "settings are decided on the host and arrive as the gateway's setup",
		"testing":                       "test code in a shipped program",
	},
	"dclaude/launcher/plan": {
		"net":     "a plan is pure: it asks nobody",
		"os/exec": "a plan is pure: it runs nothing",
	},
}

type pkg struct {
	ImportPath string
	Dir        string
	Standard   bool
	GoFiles    []string
	Imports    []string
	Deps       []string
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Standard,GoFiles,Imports,Deps"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func matches(pattern, path string) bool {
	if stem, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == stem || strings.HasPrefix(path, stem+"/")
	}
	return pattern == path
}

func TestImports(t *testing.T) {
	for _, p := range list(t, "./...") {
		if strings.HasPrefix(p.ImportPath, "dclaude/test/") || len(p.GoFiles) == 0 {
			continue
		}
		rules, ok := allowed[p.ImportPath]
		if !ok {
			t.Errorf("%s is in no table: add it to imports_test.go and docs/architecture.md", p.ImportPath)
			continue
		}
	imports:
		for _, path := range p.Imports {
			if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") && first != "dclaude" {
				continue // the standard library
			}
			for _, rule := range rules {
				if matches(rule, path) {
					continue imports
				}
			}
			t.Errorf("%s imports %s, which its row does not allow", p.ImportPath, path)
		}
	}
}

func TestBannedDependencies(t *testing.T) {
	for path, bans := range banned {
		for _, p := range list(t, path) {
			for _, dep := range p.Deps {
				if dep == "net/netip" {
					continue // addresses as values, with no way to reach one
				}
				for ban, why := range bans {
					if dep == ban || strings.HasPrefix(dep, ban+"/") {
						t.Errorf("%s links %s: %s", path, dep, why)
					}
				}
			}
		}
	}
}

// Every package says what it is for, once.
func TestPackageDocs(t *testing.T) {
	for _, p := range list(t, "./...") {
		var with []string
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if f.Doc != nil && new(doc.Package).Synopsis(f.Doc.Text()) != "" {
				with = append(with, name)
			}
		}
		if len(p.GoFiles) > 0 && len(with) != 1 {
			t.Errorf("%s has %d package comments, want 1: %v", p.ImportPath, len(with), with)
		}
	}
}

// The architecture table in the docs is the one that is checked here.
func TestArchitectureListsEveryPackage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("docs", "architecture.md"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatal("docs/architecture.md is missing")
	}
	if err != nil {
		t.Fatal(err)
	}
	for path := range allowed {
		name := strings.TrimPrefix(path, "dclaude/")
		if path != "dclaude" && !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/architecture.md does not mention `%s`", name)
		}
	}
}
