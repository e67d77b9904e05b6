// Command screenshots takes the pictures of docs/: the real app in a real panel,
// with real sessions on the lab's engine, on a screen that nobody sees. It is
// for people to look at; nothing here passes or fails. `make screenshots` runs
// it, and says what it needs from Debian.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// needs are the programs and the packages that bring them.
func needs() map[string]string {
	return map[string]string{
		"Xvfb": "xvfb", "dbus-daemon": "dbus-daemon", "xfwm4": "xfwm4", "xfce4-panel": "xfce4-panel", "xfconf-query": "xfconf", "xdotool": "xdotool",
		"import": "imagemagick", "xterm": "xterm", "xsetroot": "x11-xserver-utils",
		"/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd":       "xfce4-notifyd",
		"/usr/share/icons/Adwaita/index.theme":                        "adwaita-icon-theme",
		"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf":             "fonts-dejavu-core",
		"/usr/share/fonts/truetype/noto/NotoSansSymbols2-Regular.ttf": "fonts-noto-core",
	}
}

func missing() []string {
	var packages []string
	for program, pkg := range needs() {
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		if _, err := os.Stat(program); err == nil && strings.HasPrefix(program, "/") {
			continue
		}
		packages = append(packages, pkg)
	}
	return packages
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: screenshots DCLAUDE FOLDER")
		os.Exit(2)
	}
	if packages := missing(); len(packages) > 0 {
		fmt.Fprintf(os.Stderr, "screenshots: apt-get install --no-install-recommends %s librsvg2-common\n", strings.Join(packages, " "))
		os.Exit(1)
	}
	dclaude, err := filepath.Abs(os.Args[1])
	if err == nil {
		err = shoot(dclaude, os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}
