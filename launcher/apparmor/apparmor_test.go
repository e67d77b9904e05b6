package apparmor

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"dclaude/launcher/plan"
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
	parser, err := exec.LookPath("apparmor_parser")
	if err != nil {
		if parser = "/sbin/apparmor_parser"; !exists(parser) {
			t.Skip("apparmor_parser is not installed")
		}
	}
	if !exists("/etc/apparmor.d/tunables/global") {
		t.Skip("AppArmor's own files are not installed")
	}
	cmd := exec.Command(parser, "--skip-kernel-load", "--skip-cache", "--debug")
	cmd.Stdin = strings.NewReader(Profile())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
