package fakeapi

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// reply is a whole answer of the model, as a request without streaming gets
// it.
type reply struct {
	ID           string    `json:"id"`
	Type         string    `json:"type"`
	Role         string    `json:"role"`
	Model        string    `json:"model"`
	Content      []outward `json:"content"`
	StopReason   *string   `json:"stop_reason"`
	StopSequence *string   `json:"stop_sequence"`
	Usage        usage     `json:"usage"`
}

// outward is a block of an answer: a text or the use of a tool.
type outward struct {
	Type  string         `json:"type"`
	Text  *string        `json:"text,omitempty"`
	ID    string         `json:"id,omitempty"`
	Name  string         `json:"name,omitempty"`
	Input map[string]any `json:"input,omitzero"`
}

type usage struct {
	Input       int `json:"input_tokens"`
	CacheCreate int `json:"cache_creation_input_tokens"`
	CacheRead   int `json:"cache_read_input_tokens"`
	Output      int `json:"output_tokens"`
}

func newReply(m messages, n int) reply {
	return reply{
		ID: fmt.Sprintf("msg_fake_%d", n), Type: "message", Role: "assistant", Model: m.Model,
		Content: []outward{}, Usage: usage{Input: m.tokens(), Output: 1},
	}
}

// say makes the answer a text.
func (r *reply) say(text string) {
	r.Content = []outward{{Type: "text", Text: &text}}
	r.stop("end_turn", len(text))
}

// use makes the answer the use of a tool.
func (r *reply) use(id, tool string, input map[string]any) {
	if input == nil {
		input = map[string]any{}
	}
	r.Content = []outward{{Type: "tool_use", ID: id, Name: tool, Input: input}}
	r.stop("tool_use", 40)
}

func (r *reply) stop(reason string, length int) {
	r.StopReason = &reason
	r.Usage.Output = length/4 + 1
}

// stream sends the answer as server-sent events, in the API's order.
func stream(w http.ResponseWriter, r reply) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	send := func(event string, data map[string]any) {
		data["type"] = event
		b, err := json.Marshal(data)
		if err != nil { // only maps, strings and numbers come here
			panic(fmt.Errorf("fakeapi: event cannot be encoded: %w", err))
		}
		_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, b) // a client that has gone needs no more
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
	start := r
	start.Content, start.StopReason = []outward{}, nil
	start.Usage.Output = 1
	send("message_start", map[string]any{"message": start})
	for i, b := range r.Content {
		first, deltas := pieces(b)
		send("content_block_start", map[string]any{"index": i, "content_block": first})
		for _, d := range deltas {
			send("content_block_delta", map[string]any{"index": i, "delta": d})
		}
		send("content_block_stop", map[string]any{"index": i})
	}
	send("message_delta", map[string]any{
		"delta": map[string]any{"stop_reason": r.StopReason, "stop_sequence": nil},
		"usage": map[string]int{"output_tokens": r.Usage.Output},
	})
	send("message_stop", map[string]any{})
}

// pieces splits a block into its empty start and the parts that fill it: a
// text in two, so that clients have something to put together.
func pieces(b outward) (first map[string]any, deltas []map[string]any) {
	if b.Type == "tool_use" {
		input, err := json.Marshal(b.Input)
		if err != nil {
			panic(fmt.Errorf("fakeapi: a rule's input cannot be encoded: %w", err))
		}
		first = map[string]any{"type": b.Type, "id": b.ID, "name": b.Name, "input": map[string]any{}}
		return first, []map[string]any{{"type": "input_json_delta", "partial_json": string(input)}}
	}
	runes := []rune(*b.Text)
	half := len(runes) / 2
	for _, part := range []string{string(runes[:half]), string(runes[half:])} {
		if part != "" {
			deltas = append(deltas, map[string]any{"type": "text_delta", "text": part})
		}
	}
	return map[string]any{"type": "text", "text": ""}, deltas
}
