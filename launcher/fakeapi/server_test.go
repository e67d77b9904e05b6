package fakeapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ask sends one request with a token and returns status and body.
func ask(t *testing.T, url, method, path, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func serve(t *testing.T, rules ...Rule) (*Server, string) {
	t.Helper()
	s := New(rules...)
	url, stop, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return s, url
}

const hello = `{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hello"}]}`

func TestAnswerWithoutStream(t *testing.T) {
	s, url := serve(t)
	status, body := ask(t, url, "POST", "/v1/messages?beta=true", "T1", hello)
	var got struct {
		Type, Role, Model string
		Content           []struct{ Type, Text string }
		StopReason        string `json:"stop_reason"`
		Usage             struct {
			Input int `json:"input_tokens"`
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if status != 200 || got.Type != "message" || got.Role != "assistant" || got.Model != "m" || got.StopReason != "end_turn" || got.Usage.Input == 0 {
		t.Errorf("status %d, %s", status, body)
	}
	if len(got.Content) != 1 || got.Content[0].Type != "text" || got.Content[0].Text != "You said: hello" {
		t.Errorf("content %v", got.Content)
	}
	want := Request{Method: "POST", Path: "/v1/messages", TokenHash: Hash("T1"), Status: 200, Model: "m", LastUserText: "hello"}
	r := s.Requests()[0]
	if !slices.Contains(r.Headers, "Authorization") {
		t.Errorf("headers %v", r.Headers)
	}
	r.Headers = nil
	if fmt.Sprint(r) != fmt.Sprint(want) {
		t.Errorf("remembered %+v, want %+v", r, want)
	}
}

func TestCountTokens(t *testing.T) {
	_, url := serve(t)
	status, body := ask(t, url, "POST", "/v1/messages/count_tokens", "T", hello)
	var got map[string]int
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 || got["input_tokens"] < 1 {
		t.Errorf("status %d, %s, %v", status, body, err)
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		method, path, token, body string
		status                    int
		kind                      string
	}{
		"unknown path":     {"GET", "/api/hello", "good", "", 404, "not_found_error"},
		"probe":            {"HEAD", "/", "", "", 404, ""},
		"wrong method":     {"GET", "/v1/messages", "good", "", 404, "not_found_error"},
		"unknown token":    {"POST", "/v1/messages", "bad-secret", hello, 401, "authentication_error"},
		"no token":         {"POST", "/v1/messages", "", hello, 401, "authentication_error"},
		"no JSON":          {"POST", "/v1/messages", "good", "{", 400, "invalid_request_error"},
		"no messages":      {"POST", "/v1/messages", "good", "{}", 400, "invalid_request_error"},
		"content a number": {"POST", "/v1/messages", "good", `{"messages":[{"role":"user","content":7}]}`, 400, "invalid_request_error"},
		"too large":        {"POST", "/v1/messages", "good", strings.Repeat(" ", maxBody+1), 413, "request_too_large"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, url := serve(t)
			s.Accept("good", "another")
			status, body := ask(t, url, test.method, test.path, test.token, test.body)
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			if test.kind != "" && (!strings.Contains(body, `"type":"error"`) || !strings.Contains(body, `"type":"`+test.kind+`"`)) {
				t.Errorf("body %s", body)
			}
			r := s.Requests()
			if len(r) != 1 || r[0].Status != test.status || r[0].Path != test.path {
				t.Errorf("remembered %+v", r)
			}
			if test.token != "" && strings.Contains(body+fmt.Sprintf("%+v", r), test.token) {
				t.Error("the token is in an answer or a record")
			}
			if len(s.Tokens()) != 0 {
				t.Error("a request that was refused counts as one with a token")
			}
		})
	}
}

func TestAcceptChangesAtAnyTime(t *testing.T) {
	s, url := serve(t)
	for _, step := range []struct {
		accept []string
		token  string
		status int
	}{
		{nil, "A", 200}, {[]string{"B"}, "A", 401}, {[]string{"B"}, "B", 200}, {nil, "A", 200},
	} {
		s.Accept(step.accept...)
		if status, _ := ask(t, url, "POST", "/v1/messages", step.token, hello); status != step.status {
			t.Errorf("accepting %v, token %s: status %d, want %d", step.accept, step.token, status, step.status)
		}
	}
	if got := strings.Join(s.Tokens(), " "); got != "A B A" {
		t.Errorf("tokens %s", got)
	}
}

func TestAPIKeyCountsAsToken(t *testing.T) {
	s := New()
	r := httptest.NewRequest("POST", "/v1/messages", strings.NewReader(hello))
	r.Header.Set("X-Api-Key", "K")
	s.ServeHTTP(httptest.NewRecorder(), r)
	if got := s.Tokens(); len(got) != 1 || got[0] != "K" {
		t.Errorf("tokens %v", got)
	}
}

func TestManyAtOnce(t *testing.T) {
	s, url := serve(t)
	var mu sync.Mutex
	observed := 0
	s.Observe(func(Request) { mu.Lock(); observed++; mu.Unlock() })
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			token := fmt.Sprint("token", i)
			body := fmt.Sprintf(`{"messages":[{"role":"user","content":"number %d"}]}`, i)
			req, err := http.NewRequestWithContext(t.Context(), "POST", url+"/v1/messages", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Authorization", "Bearer "+token)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if b, err := io.ReadAll(resp.Body); err != nil || !bytes.Contains(b, fmt.Appendf(nil, "number %d\"", i)) {
				t.Errorf("%d got %s, %v", i, b, err)
			}
			s.Requests()
		})
	}
	wg.Wait()
	if len(s.Requests()) != 20 || len(s.Tokens()) != 20 || observed != 20 {
		t.Errorf("%d requests, %d tokens, %d observed; want 20 of each", len(s.Requests()), len(s.Tokens()), observed)
	}
}

func TestStartAndStop(t *testing.T) {
	s := New()
	url, stop, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Start(strings.TrimPrefix(url, "http://")); err == nil {
		t.Error("no error for an address in use")
	}
	stop()
	if resp, err := http.Get(url); err == nil {
		resp.Body.Close()
		t.Error("the server still answers after stop")
	}
}

func TestHash(t *testing.T) {
	if Hash("") != "" || len(Hash("x")) != 16 || Hash("x") == Hash("y") {
		t.Errorf("hashes %q %q %q", Hash(""), Hash("x"), Hash("y"))
	}
}
