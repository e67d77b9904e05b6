package gateway

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"dclaude/launcher/egress"
)

// hookPath is where the session's hooks report, followed by the word.
const hookPath = "/hook/"

// The rate at which a session can call for its user.
const (
	hookBurst = 5
	hookRate  = 0.5 // a second
)

// own answers what is meant for the gateway itself: Claude's hooks, of which
// nothing but one of a few words is taken, and somebody who wonders what this
// is.
func (s *Server) own(w http.ResponseWriter, r *http.Request) {
	word, isHook := strings.CutPrefix(r.URL.Path, hookPath)
	if !isHook && r.Method != http.MethodGet {
		http.Error(w, "this is a proxy", http.StatusNotFound)
		return
	}
	if !isHook {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "This is the gateway of a dclaude session: an HTTP proxy to the hosts that its user allows.")
		return
	}
	hook, ok := egress.ParseHook(word)
	switch {
	case !ok || r.Method != http.MethodPost:
		http.Error(w, "there is no such hook", http.StatusNotFound)
	case !s.hooks.take(time.Now()):
		http.Error(w, "too many", http.StatusTooManyRequests)
	default:
		s.journal.Add(egress.Event{Kind: egress.KindHook, Hook: hook})
		w.WriteHeader(http.StatusNoContent)
	}
}

// discardLog is for a server whose complaints would be a session's text on
// our log.
func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
