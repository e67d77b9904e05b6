package cli

import (
	"io"

	"github.com/spf13/cobra"

	"dclaude/launcher/apparmor"
)

const apparmorHelp = `Print the AppArmor profile that nested gVisor needs.

An engine with AppArmor, as on Ubuntu, forbids its containers every mount, and
with it nested gVisor. Whoever administers the engine's machine can allow it for
dclaude's containers alone, by loading this profile. On Linux:

  dclaude apparmor | sudo tee /etc/apparmor.d/dclaude-nested >/dev/null
  sudo apparmor_parser --replace /etc/apparmor.d/dclaude-nested

Where the engine runs in a virtual machine, that is the machine to load it in.
With Colima:

  dclaude apparmor | colima ssh -- sudo tee /etc/apparmor.d/dclaude-nested
  colima ssh -- sudo apparmor_parser --replace /etc/apparmor.d/dclaude-nested`

func (a *app) apparmorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "apparmor",
		Short: "Print the AppArmor profile for nested gVisor, to load it",
		Long:  apparmorHelp,
		Args:  usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(a.out.out, apparmor.Profile())
			return err
		},
	}
}
