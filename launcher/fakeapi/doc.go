// Package fakeapi is a stand-in for Anthropic's API that the real Claude Code
// takes for the real one. It answers with fixed rules instead of a model, so
// that tests and demonstrations need no account, no network and no luck, and
// it remembers which token came with which request.
//
// It is for tests, demonstrations, and the trial of a new Claude Code before
// sessions get it (package session), which serves it to one container alone.
package fakeapi
