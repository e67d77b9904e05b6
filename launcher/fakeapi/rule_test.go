package fakeapi

import (
	"encoding/json"
	"testing"
)

// talk builds a request from the JSON of its messages.
func talk(t *testing.T, turns, tools string) messages {
	t.Helper()
	m, err := parseMessages([]byte(`{"messages":` + turns + `,"tools":` + tools + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDecide(t *testing.T) {
	rules := []Rule{
		{Marker: "capital", Text: "Paris, you asked: {text}"},
		Bash("who am i", "id"),
		{Marker: "read", Tool: "Read", Text: "It says {result}, as asked in {text}"},
		{Marker: "", Text: "never"},
	}
	const bash = `[{"name":"Bash"},{"name":"Read"}]`
	user := func(text string) string {
		b, err := json.Marshal([]map[string]string{{"role": "user", "content": text}})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	result := func(id, content string) string {
		return `[{"role":"user","content":"read it"},{"role":"assistant","content":[]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"` + id + `","content":` + content + `},
			{"type":"text","text":"<system-reminder>not the user</system-reminder>"}]}]`
	}
	tests := map[string]struct {
		messages, tools string
		text, tool      string
	}{
		"echo":               {user("hi"), bash, "You said: hi", ""},
		"fixed":              {user("the capital?"), bash, "Paris, you asked: the capital?", ""},
		"first rule wins":    {user("read: who am i"), bash, "", "Bash"},
		"tool not offered":   {user("who am i"), `[]`, "You said: who am i", ""},
		"result, text":       {result("toolu_fake_2_9", `"42"`), bash, "It says 42, as asked in read it", ""},
		"result, blocks":     {result("toolu_fake_1_9", `[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]`), bash, "The tool said: a\nb", ""},
		"result, no content": {result("toolu_fake_1_9", `null`), bash, "The tool said: ", ""},
		"result of another":  {result("toolu_other", `"x"`), bash, "The tool said: x", ""},
		"result, bad number": {result("toolu_fake_99_1", `"x"`), bash, "The tool said: x", ""},
		"last turn not user": {`[{"role":"user","content":"hi"},{"role":"assistant","content":"ho"}]`, bash, "You said: hi", ""},
		"reminders beside it": {`[{"role":"user","content":[{"type":"text","text":"<system-reminder>capital</system-reminder>"},
			{"type":"text","text":"plain"}]}]`, bash, "You said: plain", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := decide(rules, talk(t, test.messages, test.tools), 9)
			if len(got.Content) != 1 {
				t.Fatalf("content %v", got.Content)
			}
			b := got.Content[0]
			if test.tool != "" {
				if b.Type != "tool_use" || b.Name != test.tool || *got.StopReason != "tool_use" {
					t.Errorf("got %+v", b)
				}
				return
			}
			if b.Type != "text" || *b.Text != test.text || *got.StopReason != "end_turn" {
				t.Errorf("got %s %q", b.Type, *b.Text)
			}
		})
	}
}

func TestRuleOf(t *testing.T) {
	for id, want := range map[string]int{"toolu_fake_0_1": 0, "toolu_fake_12_3": 12, "toolu_fake_-1_3": -1, "toolu_fake_": -1, "toolu_01": -1, "": -1} {
		got, ok := ruleOf(id)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: got %d, %v", id, got, ok)
		}
	}
}

// FuzzParseMessages looks for a body that makes the server fail.
func FuzzParseMessages(f *testing.F) {
	f.Add([]byte(hello))
	f.Add([]byte(`{"stream":true,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_fake_0_1","content":[{"type":"text"}]}]}]}`))
	f.Add([]byte(`{"messages":[{"content":null}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parseMessages(body)
		if err != nil {
			return
		}
		r := decide([]Rule{Bash("x", "id"), {Marker: "y", Text: "{text}{result}"}}, m, 1)
		if len(r.Content) != 1 || r.StopReason == nil {
			t.Errorf("%q got half an answer: %+v", body, r)
		}
	})
}
