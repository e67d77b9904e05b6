//go:build tools

// Package runsc pins the gVisor that dclaude carries. It is a module of its
// own, so that gVisor's many dependencies stay out of dclaude's, and has no
// code: this import only keeps the requirement in go.mod.
package runsc

import _ "gvisor.dev/gvisor/runsc"
