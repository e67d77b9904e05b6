// Package doctor judges whether dclaude can do its work on a machine. It is
// pure: it turns facts that somebody else has gathered into findings, each with
// what cures it. Nothing in the facts is a secret, so that what comes of them
// can be pasted into an issue.
package doctor
