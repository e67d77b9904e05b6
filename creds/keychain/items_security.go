//go:build !darwin || !cgo

package keychain

// newLister lists items with security itself.
func newLister(tool runner) lister { return listWithSecurity(tool) }
