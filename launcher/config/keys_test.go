package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sample is a value of a setting other than its default, in every way to write
// it, and what becomes of it in Settings.
type sample struct {
	file string // as in TOML
	text string // as in a variable, and in a flag
	want any
}

// samples has one for each field of Settings.
var samples = map[string]sample{
	"Isolation":         {`"gvisor"`, "gvisor", "gvisor"},
	"Network":           {`"open"`, "open", "open"},
	"Policy":            {`"strict"`, "strict", "strict"},
	"Allow":             {`["example.com"]`, "example.com", []string{"example.com"}},
	"Env":               {`["EDITOR=vi"]`, "EDITOR=vi", []string{"EDITOR=vi"}},
	"Memory":            {`"4g"`, "4g", int64(4 << 30)},
	"CPUs":              {`1.5`, "1.5", 1.5},
	"Pids":              {`512`, "512", int64(512)},
	"State":             {`"shared"`, "shared", "shared"},
	"ClaudeHome":        {`true`, "true", true},
	"ClaudeHomeMCP":     {`["docs"]`, "docs", []string{"docs"}},
	"ClaudeHomeHooks":   {`["PostToolUse"]`, "PostToolUse", []string{"PostToolUse"}},
	"Permissions":       {`"ask"`, "ask", "ask"},
	"Gitconfig":         {`"none"`, "none", "none"},
	"ClaudeVersion":     {`"2.1.330"`, "2.1.330", "2.1.330"},
	"ClaudeArgs":        {`["--verbose"]`, "--verbose", []string{"--verbose"}},
	"CACertificates":    {`["~/ca.pem"]`, "~/ca.pem", []string{"~/ca.pem"}},
	"CredentialsSource": {`"api-key"`, "api-key", "api-key"},
	"Context":           {`"colima"`, "colima", "colima"},
	"Host":              {`"unix:///run/d.sock"`, "unix:///run/d.sock", "unix:///run/d.sock"},
	"Firewall":          {`true`, "true", true},
	"Rebuild":           {`true`, "true", true},
	"FreshCreds":        {`true`, "true", true},
	"Detach":            {`true`, "true", true},
	"New":               {`true`, "true", true},
	"Review":            {`"full"`, "full", "full"},
	"Clipboard":         {`true`, "true", true},
	"BaseImage":         {`"debian:12"`, "debian:12", "debian:12"},
	"AptPackages":       {`["g++"]`, "g++", []string{"g++"}},
	"Mounts":            {`["~/data:sets"]`, "~/data:sets", []string{"~/data:sets"}},
	"AppTerminal":       {`"kitty"`, "kitty", "kitty"},
	"AppMute":           {`["login"]`, "login", []string{"login"}},
	"AppReinject":       {`"auto"`, "auto", "auto"},
	"AllowEverything":   {`true`, "true", true},
	"AllowRefused":      {`true`, "true", true},
}

// fieldName returns the name of the field of Settings that the key sets, found
// by address.
func fieldName(t *testing.T, k Key) string {
	t.Helper()
	var s Settings
	target := reflect.ValueOf(k.field(&s)).Pointer()
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		if v.Field(i).Addr().Pointer() == target {
			return v.Type().Field(i).Name
		}
	}
	t.Fatalf("key %s sets no field of Settings", k.Name)
	return ""
}

// settingsFile writes a configuration file, and returns its path.
func settingsFile(t testing.TB, content string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "dclaude")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A new field cannot escape: it needs a key and a sample.
func TestEveryFieldHasAKey(t *testing.T) {
	keyOf := map[string]string{}
	for _, k := range Keys() {
		field := fieldName(t, k)
		if other, twice := keyOf[field]; twice {
			t.Errorf("field %s has the keys %s and %s", field, other, k.Name)
		}
		keyOf[field] = k.Name
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		if keyOf[f.Name] == "" {
			t.Errorf("field %s of Settings has no key", f.Name)
		}
		if _, ok := samples[f.Name]; !ok {
			t.Errorf("field %s of Settings has no sample", f.Name)
		}
	}
}

// Every setting can be set from the file, the environment and its flag, says
// where it came from, and touches no other.
func TestEveryKeyFromEverySource(t *testing.T) {
	for _, k := range Keys() {
		field := fieldName(t, k)
		s := samples[field]
		check := func(t *testing.T, from Sources, origin Origin) {
			t.Helper()
			got, err := Load(from)
			if err != nil {
				t.Fatal(err)
			}
			want := Defaults()
			reflect.ValueOf(&want).Elem().FieldByName(field).Set(reflect.ValueOf(s.want))
			if !reflect.DeepEqual(got.Settings, want) {
				t.Errorf("got  %+v\nwant %+v", got.Settings, want)
			}
			for name, o := range got.Origins {
				if name == k.Name && o != origin || name != k.Name && o.Kind != FromDefault {
					t.Errorf("origin of %s is %+v", name, o)
				}
			}
			if len(got.Warnings) > 0 {
				t.Errorf("warnings: %q", got.Warnings)
			}
		}
		file := func(format string) Sources {
			return Sources{File: settingsFile(t, fmt.Sprintf(format, k.Name, s.file))}
		}
		t.Run(k.Name+"/file", func(t *testing.T) {
			check(t, file("\n%s = %s\n"), Origin{FromFile, "config.toml:2"})
		})
		if table, rest, ok := strings.Cut(k.Name, "."); ok {
			t.Run(k.Name+"/table", func(t *testing.T) {
				path := settingsFile(t, fmt.Sprintf("[%s]\n%s = %s\n", table, rest, s.file))
				check(t, Sources{File: path}, Origin{FromFile, "config.toml:2"})
			})
		}
		t.Run(k.Name+"/environment", func(t *testing.T) {
			check(t, Sources{Environ: []string{k.Env + "=" + s.text}}, Origin{FromEnvironment, k.Env})
		})
		if k.Flag == "" {
			if !slices.Contains([]string{"ClaudeArgs", "CACertificates", "AptPackages", "AppTerminal", "AppMute", "AppReinject"}, field) {
				t.Errorf("%s has no flag", k.Name)
			}
			continue
		}
		t.Run(k.Name+"/flag", func(t *testing.T) {
			check(t, Sources{Flags: map[string][]string{k.Flag: {s.text}}}, Origin{FromFlag, "--" + k.Flag})
		})
	}
}

func TestKeysAreDerived(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Keys() {
		for _, name := range []string{k.Name, k.Env, "--" + k.Flag, "-" + k.Short} {
			if name != "-" && name != "--" && seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
		}
		if !regexp.MustCompile(`^DCLAUDE_[A-Z_]+$`).MatchString(k.Env) {
			t.Errorf("%s has the variable %q", k.Name, k.Env)
		}
		if k.Help == "" || strings.HasSuffix(k.Help, ".") || strings.Contains(k.Help, "\n") {
			t.Errorf("%s has the help %q", k.Name, k.Help)
		}
		if (k.Kind == Choice) != (len(k.Values) > 0) && k.Name != "app.mute" {
			t.Errorf("%s has kind %d and values %q", k.Name, k.Kind, k.Values)
		}
		if k.Repeatable != (k.Kind == List) || k.Bool != (k.Kind == Bool) {
			t.Errorf("%s is of kind %d, repeatable %v, bool %v", k.Name, k.Kind, k.Repeatable, k.Bool)
		}
	}
	for name, env := range map[string]string{
		"isolation": "DCLAUDE_ISOLATION", "credentials.source": "DCLAUDE_CREDENTIALS_SOURCE", "fresh_creds": "DCLAUDE_FRESH_CREDS",
	} {
		if k, ok := (&loader{keys: Keys()}).key(name); !ok || k.Env != env {
			t.Errorf("%s has the variable %s", name, k.Env)
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, k := range Keys() {
		if k.Default == "" {
			continue
		}
		if faults := k.set(&Settings{}, []item{{text: k.Default}}); len(faults) > 0 {
			t.Errorf("default of %s: %s", k.Name, faults[0].flaw.message)
		}
	}
	want := Settings{
		Isolation: "auto", Network: "allowlist", Policy: "default", Pids: 4096, State: "project", Permissions: "skip", Gitconfig: "safe",
		ClaudeVersion: "latest", CredentialsSource: "host", Review: "line", BaseImage: "node:22-bookworm-slim",
		AppTerminal: "auto", AppReinject: "ask",
	}
	if got := Defaults(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// What one caller does to the table must not reach another.
func TestKeysAreFresh(t *testing.T) {
	a := Keys()
	a[0].Values[0], a[0].Name = "changed", "changed"
	if b := Keys(); b[0].Values[0] == "changed" || b[0].Name == "changed" {
		t.Error("Keys returns shared memory")
	}
}
