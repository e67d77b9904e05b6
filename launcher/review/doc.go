// Package review finds out what a session changed in its project, and which of
// the changes can run code on the host later, when somebody uses git, an editor
// or a build tool there.
//
// It is pure. A manifest, taken in a sandbox before the session starts and again
// after it has ended, lists what the project holds; the two are compared. Both
// are hostile: names are bytes, not text, and all is bounded.
package review
