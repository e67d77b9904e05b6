package apparmor

import (
	"os/exec"
	"strings"
	"testing"

	"dclaude/launcher/plan"
	"dclaude/test/lab"
)

func TestProfile(t *testing.T) {
	for _, want := range []string{
		"profile " + plan.AppArmorProfile + " ", "peer=" + plan.AppArmorProfile + ",", "\n  mount,\n", "\n  umount,\n", "\n  pivot_root,\n",
		"deny @{PROC}/sysrq-trigger rwklx,", "deny /sys/firmware/** rwklx,",
	} {
		if !strings.Contains(Profile(), want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(Profile(), "unconfined)") || strings.Contains(Profile(), "complain") {
		t.Error("the profile does not confine")
	}
}

// AppArmor's own compiler takes it. That needs no kernel with AppArmor.
func TestProfileCompiles(t *testing.T) {
	cmd := exec.Command(lab.RequireTool(t, "apparmor_parser"), "--skip-kernel-load", "--skip-cache", "--debug")
	cmd.Stdin = strings.NewReader(Profile())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
