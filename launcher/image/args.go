package image

import (
	"maps"
	"strconv"
)

// The values of build arguments that are not given.
const (
	DefaultBase   = "node:22-bookworm-slim"
	DefaultClaude = "latest"
	// DefaultUser and DefaultGroup are those of a Mac's first user.
	DefaultUser  = 501
	DefaultGroup = 20
)

// Args are what a build can be told.
type Args struct {
	// Base is the image to build on; empty means DefaultBase.
	Base string
	// UserID and GroupID are the numeric ids of the image's user, for
	// sessions that are given no others.
	UserID, GroupID int
	// Claude is a version or a tag of Claude Code's npm package; empty means
	// DefaultClaude.
	Claude string
	// Refresh is any text. With a new one Claude Code is fetched again, and
	// only it: for `dclaude update`, where Claude is a moving version. Give
	// it the last one, or none, to use what is in the engine's cache.
	Refresh string
	// Proxies come from Proxies.
	Proxies map[string]string
}

// ArgRefresh is the build argument of Args.Refresh.
const ArgRefresh = "CLAUDE_CODE_REFRESH"

// BuildArgs returns the build arguments for an engine. They are kept in the
// image's history, apart from the proxies, and are no place for secrets.
func BuildArgs(a Args) map[string]string {
	base := a.Base
	if base == "" {
		base = DefaultBase
	}
	args := map[string]string{
		"BASE_IMAGE":          base,
		"USER_ID":             strconv.Itoa(a.UserID),
		"GROUP_ID":            strconv.Itoa(a.GroupID),
		"CLAUDE_CODE_VERSION": claudeOr(a.Claude),
		ArgRefresh:            a.Refresh,
	}
	maps.Copy(args, a.Proxies)
	return args
}
