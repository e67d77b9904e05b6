package verify

import (
	"fmt"
	"strings"
)

// Status is the outcome of one promise.
type Status string

// The outcomes.
const (
	Kept    Status = "ok"
	Broken  Status = "failed"
	Skipped Status = "skipped"
)

// Result is one promise, what was tried against it, and what was seen.
type Result struct {
	Promise string `json:"promise"`
	Tried   string `json:"tried"`
	Seen    string `json:"seen"`
	Status  Status `json:"status"`
}

// Attempt is what came of one attack from inside.
type Attempt struct {
	// Done says that the attack was carried out to its end, whatever came of it.
	Done bool
	// Succeeded says that it got what it was after.
	Succeeded bool
	// Seen is what was seen, in a few words.
	Seen string
	// Pointless says why a failure proves nothing: it would have failed without
	// any protection, too. "" if it would have succeeded.
	Pointless string
}

// Observations are what was seen of a session.
type Observations struct {
	Kernel  string
	GVisor  bool
	Network string // the setting

	// What is to work.
	WriteProject Attempt // a file written inside is on the host, and the user's
	Conversation Attempt // Claude's own answer through the API
	Terminal     Attempt // resize and exit code

	// What is not to work.
	ReadOutside  Attempt // a canary file of the user's, outside the project
	WriteOutside Attempt
	Privileges   Attempt // capabilities, no_new_privs
	Settings     Attempt // managed settings, dclaude's own folders
	Others       Attempt // mounts beyond the session's own
	ThisMachine  Attempt // a service of this machine that no rule names
	Internet     Attempt // an address on the internet, past the gateway
	Metadata     Attempt // a cloud's metadata address, through the gateway too
	Names        Attempt // a query to a name server
	Secrets      Attempt // the token in the container's description or an environment
	Refresh      Attempt // a refresh token anywhere inside
	Elsewhere    Attempt // the token at a service other than the API
	LeftBehind   Attempt // containers, networks or volumes after the end
}

// Judge turns observations into results, in a fixed order.
func Judge(o Observations) []Result {
	closed := "no way out but the hosts that you allow"
	reach := func(a Attempt, tried string) Result {
		r := denied(closed, tried, a)
		if a.Done && a.Succeeded && o.Network == "open" {
			r.Seen += `: network = "open" lets a session reach everything`
		}
		return r
	}
	kernel := Result{
		Promise: "system calls meet gVisor's kernel, not this machine's",
		Tried:   "read the kernel's name inside", Seen: o.Kernel, Status: Kept,
	}
	switch {
	case o.Kernel == "":
		kernel.Status, kernel.Seen = Broken, "the kernel could not be looked at"
	case !o.GVisor:
		kernel.Status = Broken
	}
	works := worked("Claude works: an allowed host is reached", "ask the real Claude Code a question; the API is dclaude's own, on this machine", o.Conversation)
	if o.Network == "none" {
		works.Status, works.Seen = Skipped, `network = "none" lets it reach nothing`
	}
	return []Result{
		kernel,
		denied("no file outside the project can be read", "read a file of yours by its full path", o.ReadOutside),
		denied("no file outside the project can be written", "write beside that file", o.WriteOutside),
		worked("the project can be worked in, and is yours", "write a file in it, look at it from here", o.WriteProject),
		denied("nothing inside has privileges", "read the capabilities of a process", o.Privileges),
		denied("no session changes the settings of the next", "write Claude's managed settings and dclaude's own programs", o.Settings),
		denied("no other project's files or conversation are there", "list what is mounted", o.Others),
		reach(o.ThisMachine, "connect to a service of this machine, directly and by the proxy"),
		reach(o.Internet, "connect to an address on the internet, past the proxy"),
		reach(o.Metadata, "ask the metadata address of a cloud, directly and by the proxy"),
		reach(o.Names, "ask name servers for a name: the usual one, a public one, one on this machine"),
		works,
		denied("the token is in the login file and nowhere else", "search the container's description, and the environment and command line of every process", o.Secrets),
		denied("the refresh token stays here", "search the login that the session got", o.Refresh),
		denied("the token goes to the API only", "listen beside the API, and compare what it got", o.Elsewhere),
		worked("it is a terminal like any other", "change its size and end with exit code 7", o.Terminal),
		denied("nothing is left behind", "stop the session and list containers, networks and volumes", o.LeftBehind),
	}
}

// denied judges an attack that must fail.
func denied(promise, tried string, a Attempt) Result {
	r := Result{Promise: promise, Tried: tried, Seen: a.Seen, Status: Kept}
	switch {
	case !a.Done:
		r.Status = Broken
		r.Seen = unseen(a)
	case a.Succeeded:
		r.Status = Broken
	case a.Pointless != "":
		r.Status, r.Seen = Skipped, a.Pointless
	}
	return r
}

// worked judges something that must work.
func worked(promise, tried string, a Attempt) Result {
	r := Result{Promise: promise, Tried: tried, Seen: a.Seen, Status: Kept}
	if !a.Done || !a.Succeeded {
		r.Status = Broken
		if !a.Done {
			r.Seen = unseen(a)
		}
	}
	return r
}

func unseen(a Attempt) string {
	if a.Seen == "" {
		return "it could not be tried"
	}
	return "it could not be tried: " + a.Seen
}

// Failed tells whether a promise was broken.
func Failed(results []Result) bool {
	for _, r := range results {
		if r.Status == Broken {
			return true
		}
	}
	return false
}

// Summary counts the results, for one line.
func Summary(results []Result) string {
	count := map[Status]int{}
	for _, r := range results {
		count[r.Status]++
	}
	parts := []string{fmt.Sprintf("%d kept", count[Kept])}
	if n := count[Broken]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d broken", n))
	}
	if n := count[Skipped]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d not looked at", n))
	}
	return strings.Join(parts, ", ")
}
