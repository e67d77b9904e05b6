// Package trust reads a project's own file of settings, which a session could
// have written, and remembers which content of it the user has approved. An
// approval is for one folder and one content, byte by byte: any change ends it.
// What approved settings can do is for package config to say.
package trust
