package fakeapi

import (
	"encoding/json"
	"errors"
	"strings"
)

// messages is a request for the next message of a conversation, as far as the
// fake looks into it.
type messages struct {
	Model    string `json:"model"`
	Stream   bool   `json:"stream"`
	Messages []turn `json:"messages"`
	Tools    []struct {
		Name string `json:"name"`
	} `json:"tools"`
	size int
}

type turn struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

// content is a list of blocks. The API also takes a plain string for one text.
type content []block

type block struct {
	Type      string  `json:"type"`
	Text      string  `json:"text"`
	ToolUseID string  `json:"tool_use_id"`
	Content   content `json:"content"`
	IsError   bool    `json:"is_error"`
}

// UnmarshalJSON takes either form of a content.
func (c *content) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err == nil {
		*c = content{{Type: "text", Text: text}}
		return nil
	}
	var blocks []block
	if err := json.Unmarshal(b, &blocks); err != nil {
		return errors.New("content is neither text nor a list of blocks")
	}
	*c = blocks
	return nil
}

// parseMessages reads a request's body. No error repeats what is in it.
func parseMessages(body []byte) (messages, error) {
	var m messages
	if err := json.Unmarshal(body, &m); err != nil {
		return messages{}, errors.New("the body is not a valid request for a message")
	}
	if len(m.Messages) == 0 {
		return messages{}, errors.New("messages: at least one message is required")
	}
	m.size = len(body)
	return m, nil
}

// tokens is a rough count, at four bytes each.
func (m messages) tokens() int { return m.size/4 + 1 }

// last returns the blocks of the last turn, if that is the user's.
func (m messages) last() content {
	if end := m.Messages[len(m.Messages)-1]; end.Role == "user" {
		return end.Content
	}
	return nil
}

// userText returns what the user typed last. Claude Code puts reminders of its
// own beside it, and after a tool's result the user's text is further up.
func (m messages) userText() string {
	for i := len(m.Messages) - 1; i >= 0; i-- {
		if m.Messages[i].Role != "user" {
			continue
		}
		if text := m.Messages[i].Content.typed(); text != "" {
			return text
		}
	}
	return ""
}

// typed joins the texts that are the user's own.
func (c content) typed() string {
	var texts []string
	for _, b := range c {
		text := strings.TrimSpace(b.Text)
		if b.Type == "text" && text != "" && !strings.HasPrefix(text, "<system-reminder>") {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n")
}

// result returns the tool's result in a turn, if there is one.
func (c content) result() (block, bool) {
	for _, b := range c {
		if b.Type == "tool_result" {
			return b, true
		}
	}
	return block{}, false
}

// offers tells whether the request lets the model use that tool. Claude Code
// also asks for titles and summaries, without tools.
func (m messages) offers(tool string) bool {
	for _, t := range m.Tools {
		if t.Name == tool {
			return true
		}
	}
	return false
}
