package cli

import (
	"github.com/spf13/cobra"

	"dclaude/launcher/config"
	"dclaude/launcher/tty"
)

func (a *app) configSetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "set SETTING VALUE",
		Short: "Change one setting in the configuration file",
		Long: `Change one setting in the configuration file, and nothing else in it. It counts
for sessions that start from now on. Lists are changed with dclaude config edit.`,
		Example: "  dclaude config set isolation gvisor\n  dclaude config set memory 8g",
		Args:    usage(cobra.ExactArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.setSetting(args[0], args[1])
		},
		ValidArgsFunction: completeSetting,
	}
}

func (a *app) setSetting(name, value string) error {
	path := a.configFile()
	if err := config.Save(path, name, value); err != nil {
		return err
	}
	loaded, err := config.Load(config.Sources{File: path, Environ: a.sys.Environ})
	if err != nil {
		return err
	}
	if from := loaded.Origins[name]; from.Kind == config.FromEnvironment {
		a.out.warn("the variable "+from.Where+" says otherwise, and beats the file", "unset it")
	}
	for _, k := range config.Keys() {
		if k.Name == name {
			a.out.say("%s is %s", name, tty.Visible(k.Format(loaded.Settings), 80))
		}
	}
	return nil
}

// completeSetting offers the names of settings, then the values of one.
func completeSetting(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var offers []cobra.Completion
	for _, k := range config.Keys() {
		switch {
		case k.Kind == config.List:
		case len(args) == 0:
			offers = append(offers, cobra.CompletionWithDesc(k.Name, k.Help))
		case len(args) == 1 && k.Name == args[0]:
			offers = append(offers, k.Values...)
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}
