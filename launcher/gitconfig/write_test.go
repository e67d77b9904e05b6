package gitconfig

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// values are such that a careless writer would lose a part of them.
func values() []string {
	return []string{
		"", " ", "x", " x ", "a b", "a\tb", "a\nb", "\n", "\\", "\\n", "a\\", `"`, `a"b`, `""`, "#", "a # b", ";", "a;b", "'", "[a]", "=", "a = b",
		"\b", "\r", "a\r", "\r\nb", "\x01\x1b[31m", "\v\f", "ünïcödé 🦊", "\u2028", "\ufeff", "%C(yellow)%h%Creset %s", "!sh", "true", strings.Repeat("long ", 400),
	}
}

// TestWriteRoundTrip has the real git read back every allowed key with every
// value.
func TestWriteRoundTrip(t *testing.T) {
	var all []entry
	for key := range newFilter().allowed {
		name := strings.Replace(key, "*", "some-key", 1)
		for _, v := range values() {
			all = append(all, entry{name: name, value: v})
		}
		all = append(all, entry{name: name, implicit: true})
	}
	for _, sub := range []string{"diff", "Up", `q"q`, `b\s`, "a.b", "]", " ", "#", "ü"} {
		all = append(all, entry{name: "color." + sub + ".meta", value: "red"})
	}
	checkRoundTrip(t, all)
}

func checkRoundTrip(t *testing.T, entries []entry) {
	t.Helper()
	content := write(entries)
	file := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := git(t, "", "config", "--file", file, "--list", "-z")
	if err != nil {
		t.Fatalf("git refuses it: %v\n%s", err, content)
	}
	got, want := pairs(out), ours(entries)
	if len(got) != len(want) {
		t.Fatalf("%d keys, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
	if mine, faults := parse([]byte(content)); len(faults) > 0 || !reflect.DeepEqual(ours(mine), want) {
		t.Errorf("read differently by ourselves: %v", faults)
	}
}

func TestWriteRandomValues(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) // the same values each time
	alphabet := []rune("ab \t\n\r\b\\\"'#;=[]!%ü🦊\x1f")
	var all []entry
	for i := range 500 {
		var v strings.Builder
		for range random.IntN(12) {
			v.WriteRune(alphabet[random.IntN(len(alphabet))])
		}
		all = append(all, entry{name: fmt.Sprintf("alias.x%d", i), value: v.String()})
	}
	checkRoundTrip(t, all)
}

func TestWriteFormat(t *testing.T) {
	got := write([]entry{{name: "user.name", value: "A"}, {name: "user.email", value: "a@b"}, {name: "color.Diff.meta", value: "red"}, {name: "pull.rebase", implicit: true}})
	want := "[user]\n\tname = \"A\"\n\temail = \"a@b\"\n[color \"Diff\"]\n\tmeta = \"red\"\n[pull]\n\trebase\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if write(nil) != "" {
		t.Error("nothing is not empty")
	}
}

// FuzzSafe holds for any file: what is rendered is read again as the same,
// holds allowed keys only, and is within its limit.
func FuzzSafe(f *testing.F) {
	for _, c := range cases() {
		f.Add([]byte(c))
	}
	f.Add([]byte("[alias]\nx = \"!sh\"\ny = -c a=b\n[credential]\nhelper = x\n[color \"a\\\"b\"]\nc = d\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		home := files(t, map[string]string{".gitconfig": ""})
		if err := os.WriteFile(filepath.Join(home, ".gitconfig"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToLower(string(content)), "include") {
			return // would read whatever the fuzzer names
		}
		out, _, err := Render(ModeSafe, at(home))
		if err != nil || len(out) > maxContent || !utf8.ValidString(out) {
			t.Fatalf("%d bytes, %v", len(out), err)
		}
		entries, faults := parse([]byte(out))
		if len(faults) > 0 || write(entries) != out {
			t.Fatalf("%q is read as %v, %v", out, entries, faults)
		}
		filter := newFilter()
		for _, e := range entries {
			if ok, _ := filter.passes(e); !ok {
				t.Fatalf("%v got through", e)
			}
		}
	})
}
