package project

import "strconv"

// Reason says why a folder was not accepted.
type Reason string

// The reasons. The first group concerns what the path leads to, the second
// what the folder is. Which of the second can be overridden is in
// Error.Overridable.
const (
	NotFound   Reason = "not-found"  // nothing there, or a link to nothing
	IsFile     Reason = "file"       // a file, or a file in the middle of the path
	NotFolder  Reason = "not-folder" // a pipe, socket or device
	Unreadable Reason = "unreadable" // may not be listed or searched
	BadPath    Reason = "bad-path"   // no path at all, a loop of links, an I/O failure
	NoHome     Reason = "no-home"    // the caller's home folder is not known

	Root        Reason = "root"        // the whole file system
	Home        Reason = "home"        // the caller's home folder
	AboveHome   Reason = "above-home"  // a folder with the home folder in it
	OtherHome   Reason = "other-home"  // the home folder of somebody else
	Own         Reason = "own"         // dclaude's own folders
	Credentials Reason = "credentials" // where keys, logins and browser profiles are
	System      Reason = "system"      // belongs to the operating system
	Library     Reason = "library"     // ~/Library on a Mac
	Startup     Reason = "startup"     // what is put there runs by itself
	Crossing    Reason = "crossing"    // a link that leads out of a folder which sessions write
)

// Error is the refusal of a folder.
type Error struct {
	Reason Reason
	// Path is the folder, resolved as far as it could be.
	Path string
	// Place is what Path collides with; empty if that is Path itself.
	Place string
	// Overridable tells whether Options.AllowRefused lets the folder pass.
	Overridable bool

	relation relation // of Path to Place
	detail   string   // more than the reason says
	propose  string   // another folder, for the hint
	err      error
}

// Error names the folder, quoted, and what is wrong with it.
func (e *Error) Error() string {
	if e.Reason == NoHome {
		return "no folder can be judged: your home folder is not known"
	}
	return "folder " + quote(e.Path) + " " + e.why()
}

// Unwrap returns the failure of the file system behind the refusal, if any.
func (e *Error) Unwrap() error { return e.err }

func (e *Error) why() string {
	switch e.Reason {
	case NotFound:
		return "does not exist" + e.because()
	case IsFile:
		if e.Place != "" && e.Place != e.Path {
			return "does not exist: " + quote(e.Place) + " is a file"
		}
		return "is a file"
	case NotFolder:
		return "is not a folder" + e.because()
	case Unreadable:
		return "cannot be read: permission denied or unreadable"
	case BadPath:
		return "cannot be used" + e.because()
	case Crossing:
		return "is a link that a session could have made: it lies in " + quote(e.Place) + ", which was opened before"
	}
	return "is refused: " + e.collision()
}

func (e *Error) because() string {
	if e.detail == "" {
		return ""
	}
	return ": " + e.detail
}

func (e *Error) collision() string {
	switch e.Reason {
	case Root:
		return "it is the whole file system"
	case Home:
		return "it is your home folder"
	case AboveHome:
		return "your home folder is in it"
	case OtherHome:
		return "it is somebody's home folder"
	case Own:
		return e.to("holds dclaude's own settings or state")
	case Credentials:
		return e.to("holds keys, logins or private data")
	case Library:
		return e.to("belongs to your applications")
	case Startup:
		return e.to("holds what this machine runs without being asked")
	}
	return e.to("belongs to the system")
}

// to says how the folder lies to Place, and what Place does.
func (e *Error) to(does string) string {
	switch {
	case e.Place == "" || e.Place == e.Path:
		return "it " + does
	case e.relation == is:
		return "it is " + quote(e.Place) + ", which " + does
	case e.relation == inside:
		return "it lies in " + quote(e.Place) + ", which " + does
	}
	return "it contains " + quote(e.Place) + ", which " + does
}

// Hint says what to do instead; it is empty if there is nothing to say.
func (e *Error) Hint() string {
	switch e.Reason {
	case NotFound:
		return "check the spelling, or create the folder first"
	case IsFile:
		if e.propose != "" {
			return "name its folder: " + quote(e.propose)
		}
		return "name a folder"
	case NotFolder:
		return "name a folder"
	case Unreadable:
		return "you need permission to read and to search the folder"
	case BadPath:
		return ""
	case NoHome:
		return "set HOME to your home folder"
	case Crossing:
		return "if you mean the folder that it leads to, name that: " + quote(e.propose)
	case Root, Home, AboveHome:
		return "name the folder of one project: everything in it is readable and writable in the session"
	}
	if e.Overridable {
		return "if you mean it, add --allow-refused-folder"
	}
	return "move the project elsewhere; no flag overrides this"
}

// quote shows a path so that no byte of it can act on a terminal or end a line.
// Shells read most of what it returns, too.
func quote(path string) string { return strconv.Quote(path) }
