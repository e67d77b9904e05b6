package fakeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxBody bounds a request, in bytes. Claude Code sends all of a conversation
// and its tools each time, a few hundred kilobytes.
const maxBody = 32 << 20

// Server is the fake API: an http.Handler with a memory. It may be used by
// several goroutines.
type Server struct {
	rules []Rule

	mu       sync.Mutex
	accepted []string // nil: any token will do
	observer func(Request)
	requests []Request
	tokens   []string
	count    int // messages answered, for their ids
}

// New returns a server that answers by the first rule that fits, and else with
// an echo of what the user said.
func New(rules ...Rule) *Server { return &Server{rules: slices.Clone(rules)} }

// Accept makes these the only tokens that are let in; others get a 401. With
// no argument every token is let in again, as at the start.
func (s *Server) Accept(tokens ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted = slices.Clone(tokens)
}

// Observe has f called with each request once its answer is decided. f may be
// called by several goroutines.
func (s *Server) Observe(f func(Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observer = f
}

// Start serves on a TCP address such as 127.0.0.1:0 and returns the URL to put
// into ANTHROPIC_BASE_URL. stop closes the server and its connections.
func (s *Server) Start(addr string) (url string, stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("fake API: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // always fails: with ErrServerClosed after stop
	}()
	return "http://" + listener.Addr().String(), func() {
		_ = server.Close() // what it closes goes away with the process at the latest
		<-done
	}, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	record := newRequest(r)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.refuse(w, record, http.StatusRequestEntityTooLarge, "request_too_large", "The request is too large.")
		return
	}
	handle := s.route(r)
	if handle == nil {
		s.refuse(w, record, http.StatusNotFound, "not_found_error", "Not found")
		return
	}
	token := bearer(r)
	if !s.lets(token) {
		s.refuse(w, record, http.StatusUnauthorized, "authentication_error", "Invalid bearer token")
		return
	}
	message, err := parseMessages(body)
	if err != nil {
		s.refuse(w, record, http.StatusBadRequest, "invalid_request_error", err.Error())
		return
	}
	record.LastUserText, record.Model, record.Stream = message.userText(), message.Model, message.Stream
	record.Status = http.StatusOK
	s.remember(record, token)
	handle(w, message)
}

// route returns the handler of a path that needs a token, nil for any other.
// Whatever else Claude Code asks for at its start it does without.
func (s *Server) route(r *http.Request) func(http.ResponseWriter, messages) {
	if r.Method != http.MethodPost {
		return nil
	}
	switch r.URL.Path {
	case "/v1/messages":
		return s.answer
	case "/v1/messages/count_tokens":
		return func(w http.ResponseWriter, m messages) {
			writeJSON(w, http.StatusOK, map[string]int{"input_tokens": m.tokens()})
		}
	}
	return nil
}

// answer carries out the rule that fits, in the form that was asked for.
func (s *Server) answer(w http.ResponseWriter, m messages) {
	s.mu.Lock()
	s.count++
	id := s.count
	s.mu.Unlock()
	reply := decide(s.rules, m, id)
	if m.Stream {
		stream(w, reply)
		return
	}
	writeJSON(w, http.StatusOK, reply)
}

func (s *Server) lets(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted == nil || slices.Contains(s.accepted, token)
}

// refuse answers with an error in the API's form.
func (s *Server) refuse(w http.ResponseWriter, record Request, status int, kind, text string) {
	record.Status = status
	s.remember(record, "")
	writeJSON(w, status, map[string]any{
		"type":       "error",
		"error":      map[string]string{"type": kind, "message": text},
		"request_id": "req_fake",
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil { // only maps, strings and numbers come here
		panic(errors.Join(errors.New("fakeapi: answer cannot be encoded"), err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // a client that has gone needs no answer
}
