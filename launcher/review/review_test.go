package review

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func file(path, sum string) Entry {
	return Entry{Path: []byte(path), Kind: File, Mode: 0o644, Size: int64(len(sum)), MTime: 5, CTime: 5, Sum: sum}
}

func folder(path string, listed bool) Entry {
	return Entry{Path: []byte(path), Kind: Folder, Listed: listed}
}

func manifest(entries ...Entry) Manifest {
	m := Manifest{Entries: map[string]Entry{}}
	for _, e := range append([]Entry{folder(".", true)}, entries...) {
		m.Entries[string(e.Path)] = e
	}
	return m
}

func text(r Result) string {
	var lines []string
	for _, c := range r.Changes {
		line := c.What + " " + string(c.Path)
		if c.Risk != "" {
			line += "!"
		}
		lines = append(lines, strings.Join(append([]string{line}, c.Runs...), " "))
	}
	return strings.Join(lines, ", ")
}

func TestCompare(t *testing.T) {
	plain := file("a.txt", "")
	touched := plain
	touched.MTime = 6
	forged := plain // the time set back, which the change time tells
	forged.CTime = 9
	executable := plain
	executable.Mode = 0o755
	link := Entry{Path: []byte("a.txt"), Kind: Link, Target: []byte("b")}
	rewritten := file("Makefile", "one")
	rewritten.MTime, rewritten.CTime = 7, 7
	gitIndex := Entry{Path: []byte(".git/index"), Kind: File, Git: []byte("index"), MTime: 1}
	gitIndexLater := gitIndex
	gitIndexLater.MTime = 2
	config := file(".git/config", "1")
	config.Git, config.Runs = []byte("config"), []string{"core.fsmonitor aa"}
	worse := config
	worse.Sum, worse.Runs = "2", []string{"core.fsmonitor bb", "filter.x.clean cc"}
	for name, tt := range map[string]struct {
		before, after Manifest
		want          string
	}{
		"nothing":              {manifest(plain), manifest(plain), ""},
		"new":                  {manifest(), manifest(plain), "new a.txt"},
		"removed":              {manifest(plain), manifest(), "removed a.txt"},
		"touched":              {manifest(plain), manifest(touched), "changed a.txt"},
		"forged time":          {manifest(plain), manifest(forged), "changed a.txt"},
		"made executable":      {manifest(plain), manifest(executable), "changed a.txt"},
		"became a link":        {manifest(plain), manifest(link), "changed a.txt"},
		"same content":         {manifest(file("Makefile", "one")), manifest(rewritten), ""},
		"risky first":          {manifest(), manifest(plain, file("z/Makefile", "1"), folder("z", true)), "new z/Makefile!, new a.txt"},
		"what git stores":      {manifest(folder(".git", true), gitIndex), manifest(folder(".git", true), gitIndexLater), ""},
		"git settings":         {manifest(folder(".git", true), config), manifest(folder(".git", true), worse), "changed .git/config! core.fsmonitor bb filter.x.clean cc"},
		"same git settings":    {manifest(folder(".git", true), config), manifest(folder(".git", true), config), ""},
		"new git settings":     {manifest(), manifest(folder(".git", true), worse), "new .git/config! core.fsmonitor bb filter.x.clean cc"},
		"a whole new folder":   {manifest(), manifest(folder("d", true), folder("d/e", true), file("d/e/f", "")), "new d/e/f"},
		"removed risky":        {manifest(file(".dclaude.toml", "1")), manifest(), "removed .dclaude.toml!"},
		"a folder by itself":   {manifest(), manifest(folder(".vscode", true)), ""},
		"two, by their paths":  {manifest(), manifest(file("b", ""), file("a", "")), "new a, new b"},
		"an unsummed risky":    {manifest(file("Makefile", "")), manifest(file("Makefile", "")), ""},
		"a link's target":      {manifest(link), manifest(Entry{Path: link.Path, Kind: Link, Target: []byte("/etc")}), "changed a.txt!"},
		"a fifo is no file":    {manifest(plain), manifest(Entry{Path: plain.Path, Kind: Fifo}), "changed a.txt!"},
		"a setuid file":        {manifest(), manifest(Entry{Path: plain.Path, Kind: File, Mode: 0o4755}), "new a.txt!"},
		"removed with its dir": {manifest(folder("d", true), file("d/x", "")), manifest(), "removed d/x"},
	} {
		r := Compare(tt.before, tt.after)
		if got := text(r); got != tt.want || r.Incomplete {
			t.Errorf("%s: %q, incomplete %v", name, got, r.Incomplete)
		}
	}
}

// Where not all was listed, nothing is said that is not known.
func TestCompareOfWhatWasNotListed(t *testing.T) {
	unlisted, listed := folder("big", false), folder("big", true)
	inside := file("big/x", "")
	for name, tt := range map[string]struct {
		before, after Manifest
		want          string
		incomplete    bool
	}{
		"not before":            {manifest(unlisted), manifest(listed, inside), "", false},
		"not before, risky":     {manifest(unlisted), manifest(listed, file("big/.envrc", "1")), "", true},
		"not after":             {manifest(listed, inside), manifest(unlisted), "", true},
		"no root":               {Manifest{}, manifest(inside), "", false},
		"in the middle of it":   {manifest(unlisted), manifest(listed, folder("big/d", true), file("big/d/x", "")), "", false},
		"new, and not listed":   {manifest(), manifest(unlisted), "", true},
		"beside what is listed": {manifest(unlisted), manifest(unlisted, file("y", "")), "new y", true},
	} {
		r := Compare(tt.before, tt.after)
		if got := text(r); got != tt.want || r.Incomplete != tt.incomplete {
			t.Errorf("%s: %q, incomplete %v", name, got, r.Incomplete)
		}
	}
}

// A session that is quicker than the first look hides nothing by that.
func TestCompareWithChangesBeforeTheFirstLook(t *testing.T) {
	start := time.Unix(1000, 0)
	late := file(".envrc", "evil")
	late.CTime = start.Add(time.Second).UnixNano()
	old := file("old/.envrc", "1")
	moved := folder("old", true)
	moved.CTime = start.Add(time.Second).UnixNano()
	for name, tt := range map[string]struct {
		entries []Entry
		want    string
	}{
		"planted at once": {[]Entry{late}, "changed .envrc!"},
		"moved at once":   {[]Entry{moved, old}, "changed old/.envrc!"},
		"long there":      {[]Entry{folder("old", true), old}, ""},
	} {
		before, after := manifest(tt.entries...), manifest(tt.entries...)
		before.Started = start
		if got := text(Compare(before, after)); got != tt.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestRisk(t *testing.T) {
	entry := func(path, git, target string, kind Kind) Entry {
		return Entry{Path: []byte(path), Kind: kind, Git: []byte(git), Target: []byte(target)}
	}
	for _, path := range []string{
		".gitattributes", "sub/.gitattributes", ".gitmodules", ".git", ".envrc", ".vscode/tasks.json", "a/.idea/x", ".devcontainer/devcontainer.json",
		".husky/pre-commit", ".claude/settings.json", ".mcp.json", ".github/workflows/ci.yml", ".gitlab-ci.yml", "Makefile", "package.json", "CLAUDE.md",
		"deep/er/claude.MD", ".VSCode/settings.json", "x.command", "run.desktop", ".dclaude.toml", "Jenkinsfile", "a/build.rs", "rules.mk",
	} {
		if Risk(entry(path, "", "", File)) == "" {
			t.Errorf("%s passes", path)
		}
	}
	for _, git := range []string{"config", "config.worktree", "hooks/post-checkout", "info/attributes", "commondir", "HOOKS/x"} {
		if Risk(entry("any/"+git, git, "", File)) == "" {
			t.Errorf("git's %s passes", git)
		}
	}
	for _, path := range []string{"main.go", "README.md", "src/makefile.txt", "vscode/x", "a/b/c", "package.json.bak", "git/config"} {
		if why := Risk(entry(path, "", "", File)); why != "" {
			t.Errorf("%s: %s", path, why)
		}
	}
	for _, git := range []string{"HEAD", "index", "ORIG_HEAD", "description"} {
		if why := Risk(entry(".git/"+git, git, "", File)); why != "" {
			t.Errorf("git's %s: %s", git, why)
		}
	}
	for target, out := range map[string]bool{
		"/etc/passwd": true, "../../x": true, "..": false, "../x": false, "x/../../..": true, "sibling": false, "../../a/b": true, "/workspace/x": true,
	} {
		if why := Risk(entry("d/link", "", target, Link)); (why != "") != out {
			t.Errorf("link to %s: %q", target, why)
		}
	}
	if Risk(entry("p", "", "", Fifo)) == "" || Risk(entry("s", "", "", Other)) == "" || Risk(entry(".git", "", "", Folder)) != "" {
		t.Error("fifos, sockets or folders")
	}
}

func TestOrderOfFolders(t *testing.T) {
	for name, want := range map[string][2]bool{
		".git": {true, false}, ".vscode": {true, false}, ".cache": {false, true}, "node_modules": {false, true}, "src": {false, false}, ".hidden": {false, false},
	} {
		if got := [2]bool{Urgent(name), Heavy(name)}; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for rel, want := range map[string]bool{"objects": true, "objects/ab": true, "refs": true, "hooks": false, "modules": false, ".": false} {
		if GitSkips([]byte(rel)) != want {
			t.Errorf("%s is skipped: %v", rel, !want)
		}
	}
}

func written(t *testing.T, entries ...Entry) string {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, e := range entries {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Whatever the names are, they come back byte by byte.
func TestWriteAndRead(t *testing.T) {
	names := []string{"plain", "new\nline", "\x1b]0;x\a", "\xff\xfe", "quote\"s", strings.Repeat("n", 255), "ünï"}
	var entries []Entry
	for _, n := range names {
		e := file(n, "s")
		e.Runs = []string{"core.fsmonitor aa"}
		entries = append(entries, e)
	}
	m, err := Read(strings.NewReader(written(t, entries...)))
	if err != nil || len(m.Entries) != len(names) {
		t.Fatalf("%d entries, %v", len(m.Entries), err)
	}
	for i, n := range names {
		if e := m.Entries[n]; !slices.Equal(e.Runs, entries[i].Runs) || !bytes.Equal(e.Path, entries[i].Path) || e.Mode != 0o644 {
			t.Errorf("%q: %+v", n, e)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	good := written(t, file("a", ""), file("b", ""))
	many := strings.Repeat(`{"path":"YQ==","kind":"f"}`+"\n", MaxEntries+1)
	for name, s := range map[string]string{
		"nothing":        "",
		"no end":         strings.Join(strings.SplitAfter(good, "\n")[:2], ""),
		"cut":            good[:len(good)-4],
		"a line missing": strings.Join(strings.SplitAfter(good, "\n")[1:], ""),
		"not JSON":       "hello\n" + good,
		"no path":        `{"kind":"f"}` + "\n" + good,
		"absolute path":  `{"path":"L2V0Yw==","kind":"f"}` + "\n" + good,
		"no kind":        `{"path":"YQ=="}` + "\n" + good,
		"a long line":    strings.Repeat("x", maxLine+1),
		"too many":       many + `{"end":true,"entries":` + fmt.Sprint(MaxEntries+1) + `}`,
	} {
		if m, err := Read(strings.NewReader(s)); !errors.Is(err, ErrTorn) || m.Entries != nil {
			t.Errorf("%s: %d entries, %v", name, len(m.Entries), err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"path":"YQ==","kind":"f","runs":["x y"]}` + "\n" + `{"end":true,"entries":1}`))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Read(bytes.NewReader(b))
		if err == nil {
			Compare(Manifest{}, m)
			Compare(m, Manifest{})
			if r := Compare(m, m); len(r.Changes) > 0 {
				t.Errorf("differs from itself: %s", text(r))
			}
		}
	})
}

func TestCounts(t *testing.T) {
	r := Compare(manifest(file("gone", ""), file("Makefile", "1")), manifest(file("Makefile", "2"), file("x", ""), file("y", "")))
	if a, c, d := r.Count(); a != 2 || c != 1 || d != 1 {
		t.Errorf("%d new, %d changed, %d removed", a, c, d)
	}
	if risky := r.Risky(); len(risky) != 1 || string(risky[0].Path) != "Makefile" {
		t.Errorf("risky: %+v", risky)
	}
	if risky := Compare(manifest(), manifest(file("Makefile", "2"))).Risky(); len(risky) != 1 {
		t.Errorf("all of them risky: %+v", risky)
	}
}
