// Package lab brings up what the tests against real things need: a private
// Docker engine with gVisor registered, the base image of the sandbox, the
// real Claude Code and a terminal with a screen that a test can read.
//
// Everything is made once per machine, under one cache folder, and found there
// by later runs. Each step holds a file lock of its own while it works, so
// test binaries that run side by side share one lab and make nothing twice.
// The private engine has its own data, socket, bridge and containerd
// namespace. It never touches the containers, images or volumes of an engine
// that the machine runs already, and it goes on running when the test that
// started it has ended; `lab down` stops it.
//
// The package is for tests and for the command in cmd/lab. No program that is
// shipped imports it.
package lab
