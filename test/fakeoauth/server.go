// Package fakeoauth stands in for the service that signs Claude Code in and
// renews its logins. It is an HTTPS proxy with an authority of its own: the
// program under test is pointed at it by HTTPS_PROXY and NODE_EXTRA_CA_CERTS,
// as in a company network, and otherwise talks to the names that it always
// talks to. It answers for all of them, and lets nothing out.
package fakeoauth

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Server is one fake service.
type Server struct {
	// URL is for HTTPS_PROXY.
	URL string
	// CA is a file with the authority's certificate, for NODE_EXTRA_CA_CERTS.
	CA string

	authority *authority
	mu        sync.Mutex
	valid     []string // refresh tokens that were not used yet
	issued    int
	grants    []Grant
	hosts     []string
	seconds   int
}

// Grant is one request for a token that was answered, or refused.
type Grant struct {
	Type    string // "refresh_token" or "authorization_code"
	Granted bool
}

// Start serves on a TCP address until the test ends. refresh is the only
// refresh token that is good at the start; like the real ones, each works once.
func Start(t testing.TB, addr, refresh string) *Server {
	t.Helper()
	s := &Server{valid: []string{refresh}, seconds: 8 * 3600}
	var err error
	if s.authority, err = newAuthority(); err != nil {
		t.Fatal(err)
	}
	s.CA = filepath.Join(t.TempDir(), "fake-ca.pem")
	if err := os.WriteFile(s.CA, s.authority.pem, 0o644); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s.URL = "http://" + listener.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(s.proxy)}
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { server.Close() })
	return s
}

// Access returns the access token that the n-th grant gives, from 1, and
// Refresh the refresh token beside it.
func Access(n int) string { return fmt.Sprintf("sk-ant-oat01-fakeoauth-access-%d", n) }

// Refresh returns the refresh token that the n-th grant gives.
func Refresh(n int) string { return fmt.Sprintf("sk-ant-ort01-fakeoauth-refresh-%d", n) }

// Lifetime sets how long the tokens of later grants are good, in seconds.
func (s *Server) Lifetime(seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seconds = seconds
}

// Grants returns the requests for tokens so far.
func (s *Server) Grants() []Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.grants)
}

// Hosts returns the names that were asked for, each once.
func (s *Server) Hosts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.hosts)
}

// proxy takes CONNECT requests and answers for whatever is behind them.
func (s *Server) proxy(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
		return
	}
	s.mu.Lock()
	if !slices.Contains(s.hosts, r.Host) {
		s.hosts = append(s.hosts, r.Host)
	}
	s.mu.Unlock()
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	secure := tls.Server(readAhead{conn, buffered.Reader}, &tls.Config{GetCertificate: s.authority.certificate})
	defer secure.Close()
	in := bufio.NewReader(secure)
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		status, body := s.answer(request)
		_, _ = io.Copy(io.Discard, request.Body)
		_, err = fmt.Fprintf(secure, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			status, http.StatusText(status), len(body), body)
		if err != nil {
			return
		}
	}
}

// readAhead is a connection of which some bytes are read already.
type readAhead struct {
	net.Conn
	first *bufio.Reader
}

func (r readAhead) Read(p []byte) (int, error) { return r.first.Read(p) }

// answer knows how to give tokens, and nothing else.
func (s *Server) answer(r *http.Request) (status int, body []byte) {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/oauth/token" {
		return http.StatusNotFound, []byte(`{"error":"not_found"}`)
	}
	asked := fields(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	grant := Grant{Type: asked["grant_type"]}
	if i := slices.Index(s.valid, asked["refresh_token"]); grant.Type == "refresh_token" && i >= 0 {
		s.valid = slices.Delete(s.valid, i, i+1)
		grant.Granted = true
	}
	grant.Granted = grant.Granted || (grant.Type == "authorization_code" && asked["code"] != "")
	s.grants = append(s.grants, grant)
	if !grant.Granted {
		return http.StatusBadRequest, []byte(`{"error":"invalid_grant","error_description":"Refresh token not found or invalid"}`)
	}
	s.issued++
	s.valid = append(s.valid, Refresh(s.issued))
	body, _ = json.Marshal(map[string]any{ // only strings and numbers
		"token_type": "Bearer", "access_token": Access(s.issued), "refresh_token": Refresh(s.issued),
		"expires_in": s.seconds, "scope": "user:inference user:profile user:sessions:claude_code",
		"account":      map[string]string{"uuid": "0a", "email_address": "ada@example.com"},
		"organization": map[string]string{"uuid": "0b", "name": "Analytical Engines"},
	})
	return http.StatusOK, body
}

// fields reads a form or a JSON object.
func fields(r *http.Request) map[string]string {
	b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil
	}
	out := map[string]string{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var all map[string]any
		_ = json.Unmarshal(b, &all) // what is no object has no fields
		for name, v := range all {
			out[name], _ = v.(string)
		}
		return out
	}
	form, _ := url.ParseQuery(string(b)) // the same
	for name := range form {
		out[name] = form.Get(name)
	}
	return out
}
