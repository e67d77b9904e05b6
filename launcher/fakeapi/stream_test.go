package fakeapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

type event struct {
	name string
	data map[string]any
}

// events sends a streamed request and returns what came, after checking the
// form that server-sent events have.
func events(t *testing.T, s *Server, body string) []event {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("POST", "/v1/messages", strings.NewReader(body)))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") || !w.Flushed {
		t.Fatalf("status %d, headers %v, flushed %v", w.Code, w.Header(), w.Flushed)
	}
	var out []event
	for _, part := range strings.Split(strings.TrimSuffix(w.Body.String(), "\n\n"), "\n\n") {
		name, data, ok := strings.Cut(part, "\n")
		e := event{name: strings.TrimPrefix(name, "event: ")}
		if !ok || json.Unmarshal([]byte(strings.TrimPrefix(data, "data: ")), &e.data) != nil || e.data["type"] != e.name {
			t.Fatalf("bad event %q", part)
		}
		out = append(out, e)
	}
	return out
}

func names(list []event) string {
	var out []string
	for _, e := range list {
		out = append(out, e.name)
	}
	return strings.Join(out, " ")
}

func dig(v any, path ...string) any {
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

func TestStreamOfAText(t *testing.T) {
	got := events(t, New(), `{"stream":true,"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"grüße"}]}]}`)
	if want := "message_start content_block_start content_block_delta content_block_delta content_block_stop message_delta message_stop"; names(got) != want {
		t.Fatalf("events %s", names(got))
	}
	message := got[0].data["message"]
	if dig(message, "model") != "m" || dig(message, "stop_reason") != nil || len(dig(message, "content").([]any)) != 0 {
		t.Errorf("start %v", message)
	}
	text := ""
	for _, e := range got[2:4] {
		if dig(e.data, "delta", "type") != "text_delta" {
			t.Errorf("delta %v", e.data)
		}
		text += dig(e.data, "delta", "text").(string)
	}
	if text != "You said: grüße" {
		t.Errorf("text %q", text)
	}
	if dig(got[5].data, "delta", "stop_reason") != "end_turn" || dig(got[5].data, "usage", "output_tokens") == nil {
		t.Errorf("end %v", got[5].data)
	}
}

func TestStreamOfATool(t *testing.T) {
	s := New(Bash("RUN", "id -u"))
	got := events(t, s, `{"stream":true,"messages":[{"role":"user","content":"RUN it"}],"tools":[{"name":"Bash"}]}`)
	if want := "message_start content_block_start content_block_delta content_block_stop message_delta message_stop"; names(got) != want {
		t.Fatalf("events %s", names(got))
	}
	block := got[1].data["content_block"]
	if dig(block, "type") != "tool_use" || dig(block, "name") != "Bash" || len(dig(block, "input").(map[string]any)) != 0 {
		t.Errorf("block %v", block)
	}
	var input map[string]any
	if err := json.Unmarshal([]byte(dig(got[2].data, "delta", "partial_json").(string)), &input); err != nil || input["command"] != "id -u" {
		t.Errorf("input %v, %v", input, err)
	}
	if dig(got[4].data, "delta", "stop_reason") != "tool_use" {
		t.Errorf("end %v", got[4].data)
	}

	// The same conversation goes on with the tool's result.
	id := dig(block, "id").(string)
	next := `{"stream":true,"tools":[{"name":"Bash"}],"messages":[{"role":"user","content":"RUN it"},
		{"role":"assistant","content":[{"type":"tool_use","id":"` + id + `","name":"Bash","input":{}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"` + id + `","content":"501"}]}]}`
	got = events(t, s, next)
	text := ""
	for _, e := range got {
		if part, ok := dig(e.data, "delta", "text").(string); ok {
			text += part
		}
	}
	if text != "The tool said: 501" {
		t.Errorf("answer %q", text)
	}
}

func TestStreamOfAnEmptyText(t *testing.T) {
	got := events(t, New(Rule{Marker: "nothing"}), `{"stream":true,"messages":[{"role":"user","content":"nothing"}]}`)
	if want := "message_start content_block_start content_block_stop message_delta message_stop"; names(got) != want {
		t.Errorf("events %s", names(got))
	}
}
