package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/image"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
)

const updateHelp = `Put the newest Claude Code, or the version named, into the image of the sandbox.

The new one has to prove itself first: it is started under the isolation that
your sessions get, sent a message, and made to write a file with its tool. What
answers it is a part of dclaude, not Anthropic's API, so no account and no
network is used. If it fails, the image in use stays, and dclaude says why.
Sessions that are running keep the version that they began with.

A version that is named here stays until the next update or until dclaude itself
changes; to hold one for good, set claude_version.`

func (a *app) updateCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:     "update [VERSION]",
		Short:   "Update the Claude Code in the sandbox, if the new one works there",
		Long:    updateHelp,
		Example: "  dclaude update\n  dclaude update --check\n  dclaude update 2.1.330",
		Args:    usage(cobra.MaximumNArgs(1)),

		ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := a.load(cmd)
			if err != nil {
				return err
			}
			wanted, err := updateTo(settings.ClaudeVersion, args)
			if err != nil {
				return err
			}
			e, err := a.connect(cmd.Context(), settings)
			if err != nil {
				return err
			}
			defer e.Close()
			if check {
				return a.checkUpdate(cmd.Context(), e, wanted)
			}
			return a.update(cmd.Context(), e, settings, wanted)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "only say which version is installed and which there is")
	addFlagsNamed(cmd, "context", "host", "isolation")
	return cmd
}

// updateTo decides on the version to install: the one named, else what the
// setting says. A setting that names another version would win at the next
// launch.
func updateTo(setting string, args []string) (string, error) {
	if len(args) == 0 {
		return setting, nil
	}
	if _, err := config.Load(config.Sources{Flags: map[string][]string{"claude-version": args}}); err != nil {
		return "", &usageError{err, "write a full version such as 2.1.330, or latest"}
	}
	if setting != image.DefaultClaude && args[0] != setting {
		return "", &hintedError{
			fmt.Errorf("the setting claude_version holds Claude Code at %s, so the next launch would go back to it", setting),
			"set claude_version to " + args[0] + " instead, or remove it",
		}
	}
	return args[0], nil
}

func (a *app) update(ctx context.Context, e *engine.Engine, s config.Settings, wanted string) error {
	info, err := e.Info(ctx)
	if err != nil {
		return err
	}
	setting := s.ClaudeVersion
	s.ClaudeVersion = wanted
	r, err := a.imageRequest(ctx, e, s, info)
	if err != nil {
		return err
	}
	// The label keeps what the setting says, or the next launch would build.
	r.Wanted.ClaudeVersion, r.Claude, r.Update = setting, wanted, true
	if !moving(wanted) {
		_, err := session.EnsureImage(ctx, e, r)
		return err
	}
	fresh := strconv.FormatInt(time.Now().Unix(), 10)
	args := r.Args
	r.Args = func() map[string]string {
		changed := args()
		changed[image.ArgRefresh] = fresh
		return changed
	}
	if _, err := session.EnsureImage(ctx, e, r); err != nil {
		return err
	}
	return a.fetched(e).save(fresh)
}

// moving says whether a version is a tag, such as latest, behind which another
// program may stand tomorrow.
func moving(version string) bool { return strings.IndexFunc(version, unicode.IsDigit) != 0 }

// checkUpdate asks the image for its version, and npm in it for the one that
// there is: npm knows the registry.
func (a *app) checkUpdate(ctx context.Context, e *engine.Engine, wanted string) error {
	out, err := session.Output(ctx, e, plan.Container{
		Name:       plan.ContainerName(sessionName("check")),
		Image:      plan.Image,
		User:       "65534:65534",
		Entrypoint: []string{"sh", "-c", `cat /etc/claude-code/version && exec npm view "@anthropic-ai/claude-code@$1" version`, "sh", wanted},
		// npm writes to its home directory.
		Env:         []string{"HOME=/tmp"},
		Labels:      map[string]string{plan.LabelRole: plan.RoleProbe, plan.LabelVersion: version},
		SecurityOpt: []string{"no-new-privileges"},
	})
	if engine.IsKind(err, engine.KindNoImage) {
		return &hintedError{errors.New("there is no image yet, so nothing is installed"), "the first launch builds it, with the newest Claude Code"}
	}
	if err != nil {
		return err
	}
	words := strings.Fields(out)
	if len(words) != 2 {
		return fmt.Errorf("npm in the image does not say which version there is: %q", out)
	}
	fmt.Fprintf(a.out.out, "installed  %s\navailable  %s\n", words[0], words[1])
	if words[0] != words[1] {
		a.out.say("dclaude update installs it")
	}
	return nil
}

// fetched is the text that went into the last build of the image to fetch Claude
// Code anew. Builds that do not want it anew repeat it, and so find the same
// one in the engine's cache.
type fetched struct{ path string }

func (a *app) fetched(e *engine.Engine) fetched {
	return fetched{filepath.Join(a.engineDir(e), "refresh")}
}

// load returns the text, "" if there is none.
func (f fetched) load() string {
	b, err := os.ReadFile(f.path)
	if err != nil {
		return ""
	}
	text := strings.TrimSpace(string(b))
	if _, err := strconv.ParseInt(text, 10, 64); err != nil {
		return ""
	}
	return text
}

func (f fetched) save(text string) error { return os.WriteFile(f.path, []byte(text+"\n"), 0o600) }
