package config

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// problemsOf returns the problems of a file with that content, and advice.
func problemsOf(content string) []string {
	l := &loader{keys: Keys(), loaded: Loaded{Settings: Defaults(), Origins: map[string]Origin{}}}
	l.document([]byte(content), "f")
	lines := []string{}
	for _, p := range l.problems {
		line := p.String()
		if p.Advice != "" {
			line += " | " + p.Advice
		}
		lines = append(lines, line)
	}
	return lines
}

func TestFileProblems(t *testing.T) {
	for _, tt := range []struct{ content, want string }{
		{"", ""},
		{"# only a comment", ""},
		{"\ufeffpids = 64", ""},
		{"pids = 0x40\r\ncpus = 2\r\n", ""},
		{"cpus = 1_0.5e0", ""},
		{"memory = 1_073_741_824", ""},
		{"allow = [ # one\n 'a.example', \n\n \"\"\"b.example\"\"\", ]", ""},
		{"credentials = { source = 'copy' }", ""},
		{"credentials.source = 'copy'", ""},
		{"[credentials]\n\"source\" = 'copy'", ""},
		{"[credentials]", ""},

		{"isolation", "f:1:9: not valid TOML: expected '=' after key"},
		{"isolation = ", "f:1:12: not valid TOML: expected value, not end of input"},
		{"isolation = gvisor", "f:1:13: not valid TOML: unexpected character U+0067 'g' at start of value"},
		{"a = \"ü\" x", "f:1:9: not valid TOML: expected newline but got U+0078 'x'"},
		{"pids = 64\npids = 65", "f:2:1: not valid TOML: key pids is already defined"},
		{"\xff", "f:1:1: not valid TOML: invalid character at start of key: U+00FF 'ÿ'"},
		{"pids = 1\nisolation = 'x'\n\n[broken", "f:1:8: pids: 1 is not a limit that a session can have: use 0 for the engine's, or 32 to 4194304\n" +
			`f:2:13: isolation: "x" is not one of auto, gvisor, runsc, nested, runc` + "\nf:4:7: not valid TOML: expected ']' to close table name"},

		{"isolation = 1", "f:1:13: isolation: must be a text in quotes"},
		{"isolation = ['auto']", "f:1:1: isolation: must be a text in quotes"},
		{"isolation = 'Auto'", `f:1:13: isolation: "Auto" is not one of auto, gvisor, runsc, nested, runc; did you mean auto?`},
		{"isolation = ''", `f:1:13: isolation: "" is not one of auto, gvisor, runsc, nested, runc`},
		{"rebuild = 'true'", "f:1:11: rebuild: must be true or false, without quotes"},
		{"rebuild = 1", "f:1:11: rebuild: must be true or false, without quotes"},
		{"pids = '64'", "f:1:8: pids: must be a whole number, without quotes"},
		{"pids = 64.0", "f:1:8: pids: must be a whole number, without quotes"},
		{"pids = -64", "f:1:8: pids: -64 is not a limit that a session can have: use 0 for the engine's, or 32 to 4194304"},
		{"cpus = '1'", "f:1:8: cpus: must be a number, without quotes"},
		{"cpus = inf", `f:1:8: cpus: "inf" is not a number of processors | write a number such as 2 or 1.5`},
		{"cpus = -1", `f:1:8: cpus: "-1" is not a number of processors | write a number such as 2 or 1.5`},
		{"memory = 4.5", `f:1:10: memory: must be a number of bytes, or a text such as "4g"`},
		{"memory = 1979-05-27", `f:1:10: memory: must be a number of bytes, or a text such as "4g"`},
		{"allow = 'a.example'", `f:1:9: allow: must be a list of texts | write allow = ["...", "..."]`},
		{"env = { A = '1' }", `f:1:7: env: must be a list of texts | write env = ["...", "..."]`},
		{"allow = [['a.example']]", `f:1:1: allow: must be a list of texts | write allow = ["...", "..."]`},
		{"[env]\nA = '1'", `f:1:2: env: is a setting, not a table | write env = ["...", "..."] above the first [table]`},
		{"[[isolation]]\n", "f:1:3: isolation: is a setting, not a table | write isolation = ... above the first [table]"},
		{"isolation.level = 'auto'", "f:1:1: isolation.level: unknown key"},
		{"credentials = 'host'", "f:1:1: credentials: is a table, not a value | write [credentials], and its keys below that"},
		{"credentials = { sorce = 'host' }", "f:1:17: credentials.sorce: unknown key; did you mean source?"},
		{"[[credentials]]\nsource = 'x'", "f:1:3: credentials: is written with one pair of brackets: [credentials]"},
		{"[credential]\nsource = 'copy'", "f:1:2: credential: unknown table; did you mean credentials?"},
		{"[credentials.more]\na = 1", "f:1:2: credentials.more: unknown table"},
		{"  Isolation = 'auto'", "f:1:3: Isolation: unknown key; did you mean isolation?"},
		{"fresh-creds = true", "f:1:1: fresh-creds: unknown key; did you mean fresh_creds?"},
		{"\"credentials.source\" = 'copy'", "f:1:1: \"credentials.source\": unknown key; did you mean credentials.source?"},
		{"\"\\u001b[2J\" = 1", `f:1:1: "\x1b[2J": unknown key`},
		{"'' = 1", `f:1:1: "": unknown key`},
		{strings.Repeat("k", 1000) + " = 1", `f:1:1: "` + strings.Repeat("k", 60) + `"...: unknown key`},
	} {
		if got := strings.Join(problemsOf(tt.content), "\n"); got != tt.want {
			t.Errorf("%q:\ngot  %s\nwant %s", tt.content, got, tt.want)
		}
	}
}

// A file of another kind is turned down soon, however long its lines are: what
// is quadratic in it takes minutes here, and the tests' time limit ends it.
func TestHugeFilesEnd(t *testing.T) {
	for _, content := range []string{
		"credentials = {" + strings.Repeat("a = 1, ", 100_000) + "}",
		"credentials = {" + strings.Repeat("source = 'copy', ", 50_000) + "}",
		strings.Repeat("a.b.c = 1\n", 100_000),
		"allow = " + strings.Repeat("[", 1_000_000),
		"allow = [" + strings.Repeat("1, ", 300_000) + "]",
		strings.Repeat("[", 1_000_000),
	} {
		if n := len(problemsOf(content)); n == 0 || n > maxFound+1 {
			t.Errorf("%.20q... has %d problems", content, n)
		}
	}
}

func TestPositions(t *testing.T) {
	l := linesOf([]byte("ab\nü日x\n\nend"))
	for offset, want := range map[int]position{
		-1: {1, 1}, 0: {1, 1}, 2: {1, 3}, 3: {2, 1}, 5: {2, 2}, 8: {2, 3}, 9: {2, 4}, 10: {3, 1}, 11: {4, 1}, 14: {4, 4}, 99: {4, 4},
	} {
		if got := l.at(offset); got != want {
			t.Errorf("at(%d) = %v, want %v", offset, got, want)
		}
	}
	for in, want := range map[position]position{{2, 6}: {2, 3}, {0, 1}: {1, 1}, {9, 9}: {4, 4}} {
		if got := l.inBytes(in.line, in.column); got != want {
			t.Errorf("inBytes(%v) = %v, want %v", in, got, want)
		}
	}
}

func FuzzFile(f *testing.F) {
	for _, s := range []string{
		"", "isolation = 'gvisor'\n", "[credentials]\nsource = 'copy'", "credentials = {source='x', y=[1,{z=2}]}", "allow = [\n'a', 'b:1',]",
		"env = ['A=1', 'B']", "memory = '4g'\ncpus = 1.5\npids = 0x40", "[[x]]\n[x.y]\n", "a.b.'c' = \"\"\"\n\\u00e9\"\"\"", "x = 1979-05-27T07:32:00Z",
		"\"", "'''", "[", "=", "\x00", "\xff\xfe", "a = [[[[[[", "pids = 64\npids = 65",
	} {
		f.Add(s)
	}
	where := regexp.MustCompile(`^f:([0-9]+):([0-9]+)$`)
	f.Fuzz(func(t *testing.T, content string) {
		l := &loader{keys: Keys(), loaded: Loaded{Settings: Defaults(), Origins: map[string]Origin{}}}
		l.document([]byte(content), "f")
		last := position{1, 1}
		for _, p := range l.problems {
			var at position
			if m := where.FindStringSubmatch(p.Where); m == nil || p.Message == "" {
				t.Fatalf("%q: problem %+v", content, p)
			}
			if _, err := fmt.Sscanf(p.Where, "f:%d:%d", &at.line, &at.column); err != nil {
				t.Fatal(err)
			}
			if at.line > strings.Count(content, "\n")+1 || at.compare(last) < 0 {
				t.Errorf("%q: %v after %v", content, at, last)
			}
			last = at
		}
		if len(l.problems) > 0 {
			return
		}
		// What passes can be written out and read again as the same.
		if again := roundTrip(t, l.loaded.Settings); again != "" {
			t.Errorf("%q: %s", content, again)
		}
	})
}
