package config

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestEdit(t *testing.T) {
	for _, tt := range []struct{ name, before, key, value, after string }{
		{"empty", "", "isolation", "gvisor", "isolation = \"gvisor\"\n"},
		{"value in its place", "# mine\nisolation  =  'auto'  # why\npids = 64\n", "isolation", "gvisor", "# mine\nisolation  =  \"gvisor\"  # why\npids = 64\n"},
		{"number", "pids = 0x40 # few\n", "pids", "1024", "pids = 1024 # few\n"},
		{"size", "memory = 1_024_000_000", "memory", "8g", "memory = \"8g\""},
		{"no limit", "memory = \"4g\"\n", "memory", "0", "memory = 0\n"},
		{"fraction", "cpus = 2\n", "cpus", "1.5", "cpus = 1.5\n"},
		{"string of several lines", "isolation = \"\"\"\nauto\"\"\"\n", "isolation", "runc", ""},
		{"below its comment", "# one\n# isolation = \"auto\"\n\n[app]\n", "isolation", "runc", "# one\n# isolation = \"auto\"\nisolation = \"runc\"\n\n[app]\n"},
		{"before the first table", "pids = 64\n[app]\nterminal = 'x'\n", "memory", "4g", "pids = 64\nmemory = \"4g\"\n[app]\nterminal = 'x'\n"},
		{"after a line without an end", "pids = 64", "memory", "4g", "pids = 64\nmemory = \"4g\"\n"},
		{"only a table", "[app]\nterminal = 'x'\n", "memory", "4g", "memory = \"4g\"\n[app]\nterminal = 'x'\n"},
		{"in its table", "[app]\nterminal = 'x'\n[credentials]\n", "app.reinject", "auto", "[app]\nterminal = 'x'\nreinject = \"auto\"\n[credentials]\n"},
		{"in an empty table at the end", "[credentials]\n[app]", "app.reinject", "auto", "[credentials]\n[app]\nreinject = \"auto\"\n"},
		{"below its comment in its table", "# reinject = 1\n[app]\n# reinject = \"ask\"\n# more\n", "app.reinject", "auto", "# reinject = 1\n[app]\n# reinject = \"ask\"\nreinject = \"auto\"\n# more\n"},
		{"in a table that is not there", "pids = 64\n", "app.reinject", "auto", "pids = 64\n\n[app]\nreinject = \"auto\"\n"},
		{"dotted", "app.reinject = 'ask'\n", "app.reinject", "auto", "app.reinject = \"auto\"\n"},
		{"inline", "credentials = { source = 'copy' }\n", "credentials.source", "host", "credentials = { source = \"host\" }\n"},
		{"byte order mark", "\ufeffpids = 64\n", "pids", "128", "\ufeffpids = 128\n"},
		{"byte order mark before what is new", "\ufeff[app]\n", "pids", "128", "\ufeffpids = 128\n[app]\n"},
		{"ends of lines as on Windows", "pids = 64\r\ncpus = 1\r\n", "pids", "128", "pids = 128\r\ncpus = 1\r\n"},
		{"the same", "pids = 64\n", "pids", "64", "pids = 64\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Edit("f", []byte(tt.before), tt.key, tt.value)
			if tt.after == "" { // refused, or as it should be: never anything else
				if err == nil && !strings.Contains(string(got), tt.value) {
					t.Errorf("%q", got)
				}
				return
			}
			if err != nil || string(got) != tt.after {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestEditRefuses(t *testing.T) {
	for _, tt := range []struct{ before, key, value, says string }{
		{"", "isolaton", "auto", "there is no such setting; did you mean isolation?"},
		{"", "isolation", "vm", "is not one of auto"},
		{"", "isolation", "auto\"\nnetwork = \"open", "is not one of auto"},
		{"", "pids", "1", "is not a limit"},
		{"", "allow", "a.example", "is a list"},
		{"", "app.terminal", "x\ny", "app.terminal"},
		{"pids = 'x'", "isolation", "auto", "f:1:8: pids"},
		{"isolation =", "isolation", "auto", "not valid TOML"},
		{"credentials = { }\n", "credentials.source", "copy", "cannot be changed from here"},
		{"app.terminal = 'x'\n", "app.reinject", "auto", "cannot be changed from here"},
		{"# \"\"\"\n#isolation = '''\n[app]\nterminal = '''x\n'''\n", "app.terminal", "y", ""},
	} {
		got, err := Edit("f", []byte(tt.before), tt.key, tt.value)
		if tt.says == "" {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q, %s = %q: %q, %v", tt.before, tt.key, tt.value, got, err)
		}
	}
}

// In a new file every setting that is not a list can be given any value that it
// takes, and what is written is what is meant.
func TestEditOfTheTemplate(t *testing.T) {
	content := []byte(Template())
	for _, k := range Keys() {
		value := map[Kind]string{Text: "1.2.3", Bool: "true", Size: "4g", Number: "1.5", Count: "64"}[k.Kind]
		if len(k.Values) > 0 {
			value = k.Values[len(k.Values)-1]
		}
		switch k.Name {
		case "host":
			continue // stands against context
		case "app.terminal", "base_image":
			value = "x"
		}
		changed, err := Edit("f", content, k.Name, value)
		if k.Kind == List {
			if err == nil {
				t.Errorf("%s: a list was changed", k.Name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", k.Name, err)
			continue
		}
		if added := len(strings.Split(string(changed), "\n")) - len(strings.Split(string(content), "\n")); added != 1 {
			t.Errorf("%s: %d lines more", k.Name, added)
		}
		content = changed
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := Load(Sources{File: path}); err != nil || l.Settings.Memory != 4<<30 || l.Settings.AppReinject != "auto" {
		t.Errorf("%+v, %v", l.Settings, err)
	}
}

func FuzzEdit(f *testing.F) {
	f.Add("isolation = 'auto'\n", "gvisor")
	f.Add("# isolation = '''\nx = '''\n# isolation = 1'''\n[app]", "runc")
	f.Fuzz(func(t *testing.T, content, value string) {
		got, err := Edit("f", []byte(content), "isolation", value)
		if err != nil {
			return
		}
		before, err1 := parsed("f", []byte(content))
		after, err2 := parsed("f", got)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if after.loaded.Settings.Isolation != value || after.loaded.Settings.Pids != before.loaded.Settings.Pids {
			t.Errorf("%q became %q", content, got)
		}
	})
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "config.toml")
	if err := Save(path, "memory", "8g"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if l, err := Load(Sources{File: path}); err != nil || l.Settings.Memory != 8<<30 {
		t.Errorf("%+v, %v", l.Settings, err)
	}
	// A link to where somebody keeps such files stays one.
	kept := filepath.Join(dir, "kept.toml")
	link := filepath.Join(dir, "config.toml")
	if err := errors.Join(os.WriteFile(kept, []byte("# mine\npids = 64\n"), 0o640), os.Symlink(kept, link), Save(link, "pids", "128")); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(kept)
	if info, _ := os.Stat(kept); string(b) != "# mine\npids = 128\n" || info.Mode().Perm() != 0o640 {
		t.Errorf("%q, %v, %v", b, info.Mode(), err)
	}
	if target, err := os.Readlink(link); err != nil || target != kept {
		t.Errorf("%q, %v", target, err)
	}
	// What cannot be believed is not written to either.
	if err := os.Chmod(kept, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Save(link, "pids", "256"); err == nil || !strings.Contains(err.Error(), "writable for everybody") {
		t.Errorf("%v", err)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "*", ".config-*")); len(found) > 0 {
		t.Errorf("left: %q", found)
	}
}

// Whoever saves at the same time loses nothing.
func TestSaveAtTheSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	var all sync.WaitGroup
	save := func(name, value string) {
		all.Go(func() {
			if err := Save(path, name, value); err != nil {
				t.Error(err)
			}
		})
	}
	for n := range 10 {
		save("pids", strconv.Itoa(64+n))
	}
	save("memory", "4g")
	save("isolation", "gvisor")
	save("app.reinject", "auto")
	all.Wait()
	l, err := Load(Sources{File: path})
	if s := l.Settings; err != nil || s.Pids < 64 || s.Memory != 4<<30 || s.Isolation != "gvisor" || s.AppReinject != "auto" {
		t.Errorf("%+v, %v", s, err)
	}
}
