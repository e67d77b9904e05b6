// Package verify judges whether a session kept what dclaude promises. It is
// pure: somebody else has tried the attacks in a throw-away session, and hands
// over what was seen. What was not seen is never taken for kept.
package verify
