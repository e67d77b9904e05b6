package gitconfig

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files writes files below a new home folder. "~" in a content stands for it.
func files(t *testing.T, contents map[string]string) (home string) {
	t.Helper()
	home = t.TempDir()
	for name, content := range contents {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "HOME", home)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return home
}

func at(home string, vars ...string) Env {
	return Env{Home: home, Decides: nobody, LookupEnv: func(name string) (string, bool) {
		for i := 0; i < len(vars); i += 2 {
			if vars[i] == name {
				return strings.ReplaceAll(vars[i+1], "HOME", home), true
			}
		}
		return "", false
	}}
}

// rendered renders without expecting warnings.
func rendered(t *testing.T, mode string, env Env) string {
	t.Helper()
	content, warnings, err := Render(mode, env)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, %q", err, warnings)
	}
	return content
}

const anna = "[user]\n\tname = \"Anna\"\n\temail = \"a@b.c\"\n"

func TestModes(t *testing.T) {
	const whole = "[user]\n  name = Anna # me\n  email = a@b.c\n[credential]\n\thelper = store"
	home := files(t, map[string]string{".gitconfig": whole})
	if got := rendered(t, ModeSafe, at(home)); got != anna {
		t.Errorf("safe: %q", got)
	}
	if got := rendered(t, ModeFull, at(home)); got != whole {
		t.Errorf("full: %q", got)
	}
	if got := rendered(t, ModeNone, at(home)); got != "" {
		t.Errorf("none: %q", got)
	}
	_, _, err := Render("ful", at(home))
	var wrong *ModeError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), `"ful"`) || !strings.Contains(wrong.Hint(), `"full"`) {
		t.Errorf("wrong mode: %v", err)
	}
}

func TestWhichFiles(t *testing.T) {
	contents := map[string]string{
		".gitconfig":         "[user]\nname = home\n",
		".config/git/config": "[user]\nname = dot-config\nemail = only@xdg\n",
		"xdg/git/config":     "[user]\nname = xdg\n",
		"global":             "[user]\nname = global\n",
	}
	const name = "[user]\n\tname = \""
	cases := []struct {
		label      string
		vars       []string
		safe, full string
	}{
		{"both, the home folder's last", nil, name + "dot-config\"\n\temail = \"only@xdg\"\n\tname = \"home\"\n", contents[".gitconfig"]},
		{"XDG_CONFIG_HOME", []string{"XDG_CONFIG_HOME", "HOME/xdg"}, name + "xdg\"\n\tname = \"home\"\n", contents[".gitconfig"]},
		{"empty XDG_CONFIG_HOME", []string{"XDG_CONFIG_HOME", ""}, name + "dot-config\"\n\temail = \"only@xdg\"\n\tname = \"home\"\n", contents[".gitconfig"]},
		{"GIT_CONFIG_GLOBAL", []string{"GIT_CONFIG_GLOBAL", "HOME/global"}, name + "global\"\n", contents["global"]},
		{"GIT_CONFIG_GLOBAL that is missing", []string{"GIT_CONFIG_GLOBAL", "HOME/none"}, "", ""},
		{"GIT_CONFIG_GLOBAL below a file", []string{"GIT_CONFIG_GLOBAL", "HOME/global/x"}, "", ""},
		{"GIT_CONFIG_GLOBAL of nothing", []string{"GIT_CONFIG_GLOBAL", ""}, "", ""},
		{"/dev/null", []string{"GIT_CONFIG_GLOBAL", os.DevNull}, "", ""},
	}
	for _, tc := range cases {
		t.Run(tc.label, func(t *testing.T) {
			env := at(files(t, contents), tc.vars...)
			if got := rendered(t, ModeSafe, env); got != tc.safe {
				t.Errorf("safe: %q, want %q", got, tc.safe)
			}
			if got := rendered(t, ModeFull, env); got != tc.full {
				t.Errorf("full: %q, want %q", got, tc.full)
			}
		})
	}
	delete(contents, ".gitconfig")
	if got := rendered(t, ModeFull, at(files(t, contents))); got != contents[".config/git/config"] {
		t.Errorf("full without ~/.gitconfig: %q", got)
	}
}

// oneWarning renders and expects a single warning with the given parts in it.
func oneWarning(t *testing.T, mode string, env Env, want string, parts ...string) {
	t.Helper()
	content, warnings, err := Render(mode, env)
	if err != nil || content != want {
		t.Errorf("got %q, %v\nwant %q", content, err, want)
	}
	if len(warnings) != 1 {
		t.Fatalf("warnings %q", warnings)
	}
	for _, part := range parts {
		if !strings.Contains(warnings[0], part) {
			t.Errorf("%q is not in the warning %q", part, warnings[0])
		}
	}
}

func TestBrokenFileKeepsTheIdentity(t *testing.T) {
	home := files(t, map[string]string{".gitconfig": "[alias]\n co = checkout\n x = \"!f() {\n token = s3cret\n }\"\n[user]\n name = Anna\n email = a@b.c\n[include]\n path = more\n", "more": "[pull]\n ff = only\n"})
	oneWarning(t, ModeSafe, at(home), "[alias]\n\tco = \"checkout\"\n"+anna, home+"/.gitconfig:3: ")
	oneWarning(t, ModeFull, at(home), read(t, home+"/.gitconfig"), home+"/.gitconfig:3: ", "refuse")
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTextThatIsNotUTF8(t *testing.T) {
	home := files(t, map[string]string{".gitconfig": "[user]\n\tname = \"Ji\xf8\"\n"})
	oneWarning(t, ModeSafe, at(home), "[user]\n\tname = \"Ji\uFFFD\"\n", "user.name is not UTF-8")
	oneWarning(t, ModeFull, at(home), "[user]\n\tname = \"Ji\uFFFD\"\n", "is not UTF-8")
}

func TestSecretsAreLeftOutByName(t *testing.T) {
	home := files(t, map[string]string{".gitconfig": "[user]\n name = ghp_KEEPTHISTOYOURSELF\n email = a@b.c\n"})
	content, warnings, err := Render(ModeSafe, at(home))
	if err != nil || content != "[user]\n\temail = \"a@b.c\"\n" {
		t.Errorf("%q, %v", content, err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "user.name looks like a secret") || strings.Contains(warnings[0], "KEEP") {
		t.Errorf("%q", warnings)
	}
}

func TestTooMuch(t *testing.T) {
	var big strings.Builder
	big.WriteString("[user]\nname = Old\nname = Anna\nemail = a@b.c\n[alias]\n")
	for range 2000 {
		big.WriteString("l = log --graph --oneline --decorate\n")
	}
	home := files(t, map[string]string{".gitconfig": big.String()})
	oneWarning(t, ModeSafe, at(home), anna, "64 KiB")
	content, warnings, _ := Render(ModeFull, at(home))
	if content != anna || len(warnings) != 2 || !strings.Contains(warnings[0], `"safe" is used in place of "full"`) {
		t.Errorf("%q, %q", content, warnings)
	}
	home = files(t, map[string]string{".gitconfig": "[alias]\nx = " + strings.Repeat("y ", maxValue) + "\n"})
	oneWarning(t, ModeSafe, at(home), "", "alias.x is too long")
	home = files(t, map[string]string{".gitconfig": strings.Repeat("# x\n", maxFile)})
	oneWarning(t, ModeSafe, at(home), "", "256 KiB")
}

func TestConditionalIncludesAreSaidToBeMissing(t *testing.T) {
	const conditional = "[includeIf \"gitdir:~/work/\"]\n path = work\n"
	home := files(t, map[string]string{".gitconfig": "[user]\nname = Anna\n" + conditional, "work": "[user]\nemail = w@x.y\n"})
	oneWarning(t, ModeSafe, at(home), "[user]\n\tname = \"Anna\"\n", "includeIf", "user.email")
	home = files(t, map[string]string{".gitconfig": anna + conditional})
	if got := rendered(t, ModeSafe, at(home)); got != anna {
		t.Errorf("%q", got)
	}
}
