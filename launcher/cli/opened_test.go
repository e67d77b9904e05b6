package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"dclaude/launcher/config"
	"dclaude/launcher/project"
)

// touchedWorld is a home with a folder src/evil that a session had, and one of
// the user's own, Documents, which its name "docs" in src/evil leads to.
func touchedWorld(t *testing.T) (a *app, evil, docs string) {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	evil, docs = filepath.Join(home, "src/evil"), filepath.Join(home, "Documents")
	a = &app{sys: System{Environ: []string{"HOME=" + home}}}
	if err := errors.Join(os.MkdirAll(filepath.Join(evil, "sub"), 0o755), os.Mkdir(docs, 0o755),
		os.Symlink("../../Documents", filepath.Join(evil, "docs")), a.opened().Add(evil)); err != nil {
		t.Fatal(err)
	}
	return a, evil, docs
}

func TestProjectAcrossALink(t *testing.T) {
	a, evil, docs := touchedWorld(t)
	var refusal *project.Error
	if p, err := a.project(config.Settings{}, []string{evil + "/docs"}); !errors.As(err, &refusal) || refusal.Reason != project.Crossing {
		t.Errorf("%+v, %v", p, err)
	}
	for _, path := range []string{docs, evil, evil + "/sub"} {
		if p, err := a.project(config.Settings{}, []string{path}); err != nil || p.Path != path {
			t.Errorf("%+v, %v", p, err)
		}
	}
}
