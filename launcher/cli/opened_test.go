package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/project"
	"dclaude/launcher/session"
)

// had are the containers that an engine lists.
type had []engine.Container

func (h had) Containers(context.Context, map[string]string) ([]engine.Container, error) {
	return h, nil
}

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

// What happened between the plan and the start of its container.
func TestLastLook(t *testing.T) {
	same := func() error { return nil }
	above := func(evil string) had {
		return had{{State: "running", Labels: map[string]string{plan.LabelSession: "evil-bcdf", plan.LabelProject: evil}}}
	}
	for _, tc := range []struct {
		name    string
		engine  func(evil string) had
		answer  func() error
		between func(sub string) error
		want    string
	}{
		{name: "nothing"},
		{name: "a link", between: func(sub string) error {
			return errors.Join(os.Remove(sub), os.Symlink("../../Documents", sub))
		}, want: "is a link that a session could have made"},
		{name: "another folder", between: func(sub string) error {
			return errors.Join(os.Rename(sub, sub+".old"), os.Mkdir(sub, 0o755))
		}, want: "it was replaced while it was looked at"},
		{name: "a session above", engine: above, want: "session evil-bcdf runs on"},
		{name: "another engine", answer: func() error { return session.ErrChanged }, want: session.ErrChanged.Error()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, evil, _ := touchedWorld(t)
			sub := filepath.Join(evil, "sub")
			p, err := a.project(config.Settings{}, []string{sub})
			if err != nil {
				t.Fatal(err)
			}
			list, answer := had{}, same
			if tc.engine != nil {
				list = tc.engine(evil)
			}
			if tc.answer != nil {
				answer = tc.answer
			}
			if tc.between != nil {
				if err := tc.between(sub); err != nil {
					t.Fatal(err)
				}
			}
			err = a.lastLook(t.Context(), list, config.Settings{}, p, answer)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}
