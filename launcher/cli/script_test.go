package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"dclaude/launcher/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"dclaude": func() { os.Exit(cli.Run(os.Args[1:], cli.Process())) },
		// hostile makes folders whose names no script can write down.
		"hostile": func() {
			for _, name := range []string{"-rf", "two words", `it's "quoted"`, "line\nbreak", "\x1b]0;title\a", "\xff"} {
				if err := os.MkdirAll(filepath.Join(os.Args[1], name), 0o755); err != nil {
					panic(err)
				}
			}
		},
		// each runs dclaude on every folder in one, with the flags after it.
		"each": func() {
			entries, err := os.ReadDir(os.Args[1])
			if err != nil {
				panic(err)
			}
			code := 0
			for _, e := range entries {
				code = max(code, cli.Run(append(os.Args[2:], filepath.Join(os.Args[1], e.Name())), cli.Process()))
			}
			os.Exit(code)
		},
	})
}

// The scripts are what a person types and reads. There is no engine in them:
// DOCKER_HOST leads nowhere.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "home")
			e.Setenv("HOME", home)
			e.Setenv("DOCKER_HOST", "unix://"+filepath.Join(e.WorkDir, "no.sock"))
			return os.MkdirAll(filepath.Join(home, "p"), 0o755)
		},
		Condition: func(name string) (bool, error) {
			return name == "root" && os.Getuid() == 0, nil
		},
	})
}
