// Package e2e tests the dclaude that a user would run: the built program on a
// real engine, with the real Claude Code in the image, against a fake API. The
// engine is the lab's own. Each test has a home directory, settings and projects
// of its own, and checks with the docker client, not with dclaude's own code,
// what came of them.
package e2e
