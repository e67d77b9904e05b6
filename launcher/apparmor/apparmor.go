// Package apparmor holds the AppArmor profile of the container in which a
// nested gVisor runs. Engines with AppArmor confine every container by a
// profile of their own, which forbids all mounts. Only the administrator of the
// engine's machine can load another one.
package apparmor

import (
	_ "embed"
)

// profile is the profile of Docker's engines (profiles/apparmor/template.go of
// github.com/moby/profiles) with the mounts that gVisor needs.
//
//go:embed dclaude-nested
var profile string

// Profile returns the profile in the form that apparmor_parser reads. Its name
// is plan.AppArmorProfile.
func Profile() string { return profile }
