package image

import (
	"context"
	"os/exec"
)

// systemKeychain holds what the administrator or the device management added.
// Apple's own authorities are in another one.
const systemKeychain = "/Library/Keychains/System.keychain"

// systemCertificates returns what the administrator added to this machine.
func systemCertificates(ctx context.Context, cacheDir string) ([]Certificate, []string) {
	return fromKeychain(ctx, systemKeychain, cacheDir, security)
}

// security prints a keychain's certificates as PEM. It reads nothing secret
// and asks nobody.
func security(ctx context.Context, keychain string) ([]byte, error) {
	return exec.CommandContext(ctx, "/usr/bin/security", "find-certificate", "-a", "-p", keychain).Output()
}
