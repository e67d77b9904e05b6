package fakeapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// Request is what the server remembers of one request. It has no token in it,
// so that a test may print it.
type Request struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	// Headers are the names of the headers, sorted.
	Headers []string `json:"headers"`
	// TokenHash tells tokens apart: see Hash. It is "" without a token.
	TokenHash string `json:"tokenHash,omitempty"`
	Status    int    `json:"status"` // of the answer
	// What follows is there for messages that were let in.
	Model        string `json:"model,omitempty"`
	Stream       bool   `json:"stream,omitempty"`
	LastUserText string `json:"lastUserText,omitempty"`
}

// Hash is the form in which a Request names a token: the first 16 hexadecimal
// digits of its SHA-256.
func Hash(token string) string {
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

func newRequest(r *http.Request) Request {
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	return Request{Method: r.Method, Path: r.URL.Path, Headers: names, TokenHash: Hash(bearer(r))}
}

// bearer returns the token of a request: that of a login, or an API key.
func bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return r.Header.Get("X-Api-Key")
}

func (s *Server) remember(r Request, token string) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	if token != "" {
		s.tokens = append(s.tokens, token)
	}
	observer := s.observer
	s.mu.Unlock()
	if observer != nil {
		observer(r)
	}
}

// Requests returns all requests so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Tokens returns the token of each message request that was let in, oldest
// first: to compare with, not to print.
func (s *Server) Tokens() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tokens)
}
