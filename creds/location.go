package creds

import "path/filepath"

// Location says where a user's Claude Code keeps its login.
type Location struct {
	// Dir is the folder that .credentials.json is in.
	Dir string
	// Custom is the folder that the user has set in the environment, or "".
	// The keychain holds one login for each.
	Custom string
}

// Locate finds the place from the user's home folder and the environment.
// CLAUDE_CONFIG_DIR moves it; CLAUDE_SECURESTORAGE_CONFIG_DIR goes before it,
// and moves it back when it is set to nothing (seen in Claude Code 2.1.330).
// lookup is os.LookupEnv outside of tests.
func Locate(home string, lookup func(name string) (string, bool)) Location {
	custom, set := lookup("CLAUDE_SECURESTORAGE_CONFIG_DIR")
	if !set {
		custom, _ = lookup("CLAUDE_CONFIG_DIR")
	}
	if custom == "" {
		return Location{Dir: filepath.Join(home, ".claude")}
	}
	return Location{Dir: custom, Custom: custom}
}
