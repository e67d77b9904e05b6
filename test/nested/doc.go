// Package nested holds the tests of nested gVisor against a real engine: a
// session as the launcher would make it, from the guest program of this tree
// and a runsc of the pinned version, laid over the base image. It has no code
// of its own.
package nested
