package lab

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
)

// need is a program, or a file where it holds a slash, and the Debian package
// that brings it.
type need struct {
	program string
	pkg     string
}

// engineNeeds is what the private engine and the stand-in image take. Debian
// 13 has the docker client in a package of its own, Debian 12 has none such.
func engineNeeds() []need {
	return []need{
		{"dockerd", "docker.io"}, // not "docker": a client may be there with no engine
		{"docker", "docker-cli"},
		{"iptables", "iptables"},
		{"ip", "iproute2"},
		{"/etc/ssl/certs/ca-certificates.crt", "ca-certificates"},
	}
}

func baseNeeds() []need {
	return []need{
		{"debootstrap", "debootstrap"},
		{"/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"},
		{"npm", "npm"},
	}
}

// missing returns the packages of the needs that has does not find, each once.
func missing(needs []need, has func(string) bool) []string {
	var pkgs []string
	for _, n := range needs {
		if !has(n.program) && !slices.Contains(pkgs, n.pkg) {
			pkgs = append(pkgs, n.pkg)
		}
	}
	return pkgs
}

func installed(program string) bool {
	if strings.Contains(program, "/") {
		return exists(program)
	}
	return hasProgram(program)
}

// packages installs what is missing of the needs with apt-get.
func (l *Lab) packages(ctx context.Context, needs []need) error {
	there := func() bool { return len(missing(needs, installed)) == 0 }
	return l.once(ctx, "packages", there, func(ctx context.Context) error {
		pkgs := missing(needs, installed)
		if err := canInstall(pkgs); err != nil {
			return err
		}
		if err := l.apt(ctx, "update"); err != nil {
			return err
		}
		pkgs = l.known(ctx, pkgs)
		l.sayf("packages: installing %s", strings.Join(pkgs, " "))
		if err := l.apt(ctx, append([]string{"install", "-y", "--no-install-recommends"}, pkgs...)...); err != nil {
			return err
		}
		if left := missing(needs, installed); len(left) > 0 {
			return fail("install packages", fmt.Errorf("still missing after it: %s", strings.Join(left, ", ")), "")
		}
		return nil
	})
}

// canInstall says why packages cannot be installed on this machine.
func canInstall(pkgs []string) error {
	op := "install " + strings.Join(pkgs, ", ")
	if !hasProgram("apt-get") {
		return unavailable(op, "this machine has no apt-get",
			"The lab installs packages on Debian and Ubuntu. Elsewhere install them by hand, or name a running engine in "+HostVariable+".")
	}
	if os.Geteuid() != 0 {
		return unavailable(op, "only root can", "Run `sudo apt-get install "+strings.Join(pkgs, " ")+"`, or the lab as root.")
	}
	return nil
}

// known leaves out docker-cli where docker.io brings the client itself.
func (l *Lab) known(ctx context.Context, pkgs []string) []string {
	var out []string
	for _, p := range pkgs {
		if p == "docker-cli" {
			if _, err := (command{args: []string{"apt-cache", "show", p}}).output(ctx); err != nil {
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

func (l *Lab) apt(ctx context.Context, args ...string) error {
	return l.run(ctx, command{
		step: "apt-get " + args[0],
		env:  []string{"DEBIAN_FRONTEND=noninteractive"},
		args: append([]string{"apt-get", "-q"}, args...),
	})
}
