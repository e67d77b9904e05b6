package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dclaude/launcher/fakeapi"
	"dclaude/test/lab"
)

// What the fake model can be asked for.
const (
	askFix  = "fix the failing test"
	askLook = "look around: where are you, and what of my computer can you see?"
)

// rules are the fake model's answers. The commands run in the sandbox, and what
// they print is what is shown.
func rules() []fakeapi.Rule {
	fix := fakeapi.Bash("fix the failing test", "sed -i 's/a - b/a + b/' sum.js && node --test 2>&1 | grep -E 'pass|fail'")
	fix.Text = "```\n{result}\n```\nsum() subtracted. I changed one character in sum.js; the tests pass now."
	look := fakeapi.Bash("look around", "uname -sr; id -un; ls /Users /home; cat ~/.ssh/id_ed25519; curl -sS https://example.com; true")
	look.Text = "```\n{result}\n```\nI am in a container under gVisor's own kernel. I see /workspace, which is your project, and nothing else of your computer: no home folder, no SSH keys. A host that is not allowed does not answer."
	return []fakeapi.Rule{fix, look}
}

// world is a user with a login that is worth nothing, a project and an engine.
type world struct {
	program, home, project string
	environ                []string
	stop                   func(context.Context)
}

func newWorld(ctx context.Context, program string) (_ *world, err error) {
	w := &world{stop: func(context.Context) {}}
	if w.program, err = filepath.Abs(program); err != nil {
		return nil, err
	}
	l, err := lab.Open(nil)
	if err != nil {
		return nil, err
	}
	host := os.Getenv(lab.HostVariable)
	if host == "" {
		if host, err = l.Up(ctx); err != nil {
			return nil, err
		}
	}
	if w.home, err = os.MkdirTemp("", "demo-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	w.project = filepath.Join(w.home, "hello")
	if err = w.furnish(); err != nil {
		return nil, err
	}
	url, stopAPI, err := l.ServeAPI(ctx, host, rules()...)
	if err != nil {
		return nil, err
	}
	w.stop = func(ctx context.Context) { l.RemoveProject(ctx, host, w.project); stopAPI() }
	w.environ = []string{
		"HOME=" + w.home, "PATH=" + filepath.Dir(w.program) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"TERM=xterm-256color", "LANG=C.UTF-8", "DOCKER_HOST=" + host,
		"DCLAUDE_ENV=ANTHROPIC_BASE_URL=" + url, "DCLAUDE_ALLOW=" + strings.TrimPrefix(url, "http://"),
		`PS1=\[\e[36m\]\w\[\e[0m\] $ `, "BASH_SILENCE_DEPRECATION_WARNING=1",
	}
	return w, nil
}

// Ids of the project's owner: macOS's first user, as in the image.
const (
	ownerUID = 501
	ownerGID = 20
)

// furnish makes a project with a fault in it, and a login.
func (w *world) furnish() error {
	login := lab.Login{Access: "sk-ant-oat01-demo", Expires: time.Now().Add(8 * time.Hour)}
	for name, content := range map[string]string{
		"hello/sum.js":              "exports.sum = (a, b) => a - b\n",
		"hello/sum.test.js":         "const test = require('node:test'), assert = require('node:assert')\ntest('sum', () => assert.equal(require('./sum').sum(2, 3), 5))\n",
		".claude/.credentials.json": string(login.JSON()),
		".ssh/id_ed25519":           "not a real key, but what one would look for\n",
	} {
		path := filepath.Join(w.home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			return err
		}
	}
	if os.Geteuid() != 0 {
		return nil
	}
	return filepath.WalkDir(w.project, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, ownerUID, ownerGID))
	})
}

// close removes what the demonstration left: sessions, state, files.
func (w *world) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	w.stop(ctx)
	_ = os.RemoveAll(w.home)
}
