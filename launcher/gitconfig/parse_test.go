package gitconfig

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// cases are files that are easy to get wrong.
func cases() []string {
	return []string{
		"", "\n", "# only a comment", "[user]\n\tname = A B\n\temail = a@b.c\n",
		"[user]\n\tname = A\n[user]\n\tname = B\n",
		"[add.interactive]\n\tuseBuiltin = false\n", "[Color.DIFF]\n\tMeta = Yellow\n",
		"[a]b=c\n", "[user] name = x\n", "[a] b = c\n[d] e = f", "[a]\n\tb\n\tc ; d\n", "[a]\n\tb\n", "[a]\n b", "[a]\n b=",
		"[a]\n b = \"x\" y \"z\"  ; c\n", "[a]\n b = x\\ty\\nz\\b\n", "[a]\n b = c\\\\d\n", "[a]\n b = \"\\\"q\\\"\"\n",
		"[a]\n b = a;b\n", "[a]\n b = a#b # c\n", "[a]\n b = \"# not\" # comment\n", "[a]\n b = \"  x  \"  \n", "[a]\n b = \"\" x\n",
		"[a]\n b = x   y\n", "[a]\n b = x\ty\n", "[a]\n b = x \t \n", "[a]\n b = \n", "[a]\n b = \"\"\n", "[a]\n b = \" \"\n",
		"[alias]\n\tx = \"!f() { \\\n echo hi; \\\n }; f\"\n", "[a]\n b = x \\\n   y\n", "[a]\n b = x\\\n", "[a]\n b = x\\", "[a]\n b = # c\\\n c = d\n",
		"[a \"x\\y\"]\n b = 1\n", "[a \"x\\\"y\"]\n b = 1\n", "[a \"X.y\"]\n b = 1\n", "[a  \t\"b\"]\nc=d\n", "[a \"\"]\nb=c\n", "[a \"]\"]\nb=c\n",
		"\xef\xbb\xbf[user]\n name=b\n", "[user]\r\n name = b\r\n email = c\r\n", "[a]\n b = x\ry\n", "[a]\n b = x\r", "[user]\n name = Ji\xf8\n", "[user]\n name = Jiří 🦊\n",
		"[Url \"git@X.com:\"]\n insteadOf = gh:\n", "[1a]\n b=c\n", "[a-b]\n C-d=e\n", "[a]\n b=x\n;c\n#d\n\n\n  [c] d=e\n",
		"[delta]\n  minus-style = syntax \"#37222c\"\n", "[a]\n b = x\x0by\n", "[]\n b=c\n",
		// What git refuses.
		"[a]\n b = x\\qy\n", "[a]\n b = \"x\ny\"\n", "[a]\n b = \"x", "[a]\n 1b=c\n", "[a\tb]\n", "[a", "[a \"b", "[a \"b\"", "[a \"b\"x]\n", "[a \"b\nc\"]\n",
		"[a]\n b c\n", "[a]\n b.c = d\n", "[a]\n = c\n", "[a_b]\n", "a", "]\n", "\xff\xfe", "\xef\xbb", "[a]\n b ; c\n d = e\n",
	}
}

// git runs the real git with a configuration of nothing but what it is given:
// that below home, or an empty home folder.
func git(t testing.TB, home string, args ...string) ([]byte, error) {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed; there is nothing to compare with")
	}
	if home == "" {
		home = t.TempDir()
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = home
	cmd.Env = []string{"HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES=" + home}
	return cmd.Output()
}

// pair is a key and its value as git lists them.
type pair struct{ name, value string }

// list returns what git makes of a file, and whether it takes it.
func list(t testing.TB, content []byte) ([]pair, bool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := git(t, "", "config", "--file", file, "--list", "-z")
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return pairs(out), err == nil
}

// pairs splits the output of `git config --list -z`. A key before the first
// section, which git lists and never uses, is left out.
func pairs(out []byte) (all []pair) {
	for record := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		name, value, explicit := strings.Cut(string(record), "\n")
		if !explicit {
			value = "(implicit)"
		}
		if strings.Contains(name, ".") {
			all = append(all, pair{name, value})
		}
	}
	return all
}

// ours turns entries into what git lists.
func ours(entries []entry) (all []pair) {
	for _, e := range entries {
		if e.implicit {
			e.value = "(implicit)"
		}
		all = append(all, pair{e.name, e.value})
	}
	return all
}

// alike compares but for the kind of space within values: git before 2.45
// lists each tab or CR as a space.
func alike(a, b []pair) bool {
	flat := func(in []pair) (out []pair) {
		for _, p := range in {
			out = append(out, pair{p.name, strings.NewReplacer("\t", " ", "\r", " ").Replace(p.value)})
		}
		return out
	}
	return reflect.DeepEqual(flat(a), flat(b))
}

func compareWithGit(t *testing.T, content []byte) {
	t.Helper()
	want, taken := list(t, content)
	entries, faults := parse(content)
	if taken != (len(faults) == 0) {
		t.Fatalf("git takes %q: %v; faults found: %v", content, taken, faults)
	}
	if got := ours(entries); taken && !alike(got, want) {
		t.Fatalf("%q:\n got %q\nwant %q", content, got, want)
	}
}

// FuzzParseLikeGit runs the cases above in every test run.
func FuzzParseLikeGit(f *testing.F) {
	for _, c := range cases() {
		f.Add([]byte(c))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if bytes.IndexByte(content, 0) >= 0 || len(content) > 4096 {
			return // git cuts names and values at a NUL; here it is a fault
		}
		compareWithGit(t, content)
	})
}

func TestParseGoesOnAfterAFault(t *testing.T) {
	const content = "[user]\n\tname = Anna\n\tbad \"key\n\temail = a@b.c\n[broken\n\tname = nobody\n[alias]\n\tx = y\n"
	entries, faults := parse([]byte(content))
	want := []entry{
		{name: "user.name", value: "Anna", line: 2},
		{name: "user.email", value: "a@b.c", line: 4, doubtful: true},
		{name: "alias.x", value: "y", line: 8, doubtful: true},
	}
	if !reflect.DeepEqual(entries, want) {
		t.Errorf("got %+v", entries)
	}
	if len(faults) != 2 || faults[0].line != 3 || faults[1].line != 5 {
		t.Errorf("faults %v", faults)
	}
}

func TestParseRefusesNUL(t *testing.T) {
	for _, c := range []string{"[a]\nb = x\x00y\n", "[a \"x\x00\"]\nb=c\n", "[a]\nb\x00=c\n", "\x00"} {
		if entries, faults := parse([]byte(c)); len(faults) == 0 || len(entries) != 0 {
			t.Errorf("%q: %v, %v", c, entries, faults)
		}
	}
}
