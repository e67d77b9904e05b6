package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"dclaude/launcher/grants"
	"dclaude/launcher/project"
)

// The folder that dclaude's configuration is a link into may not be opened.
func TestConfigurationThatIsALink(t *testing.T) {
	for _, name := range []string{"config.toml", grants.FileName} {
		home, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		sys := System{Environ: []string{"HOME=" + home}}
		dir, own := filepath.Join(home, "dotfiles"), filepath.Dir(sys.configFile())
		if err := errors.Join(os.Mkdir(dir, 0o700), os.MkdirAll(own, 0o700), os.Symlink(filepath.Join(dir, name), filepath.Join(own, name))); err != nil {
			t.Fatal(err)
		}
		_, err = project.Resolve(dir, project.Options{Home: home, Protected: sys.protected()})
		var refusal *project.Error
		if !errors.As(err, &refusal) || refusal.Reason != project.Own {
			t.Errorf("%s: %v", name, err)
		}
	}
}
