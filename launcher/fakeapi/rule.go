package fakeapi

import (
	"fmt"
	"strconv"
	"strings"
)

// Rule answers what the user said if that contains the marker.
type Rule struct {
	// Marker is the text that makes the rule fit. It must not be empty.
	Marker string
	// Text is the answer; {text} in it stands for what the user said.
	Text string
	// Tool, if set, is used before the answer, as in "Bash", with Input as its
	// input. Text is then the answer to the tool's result, which {result}
	// stands for; an empty one is "The tool said: {result}".
	Tool  string
	Input map[string]any
}

// Bash is a rule that has Claude Code run a command line in the sandbox.
func Bash(marker, commandLine string) Rule {
	return Rule{Marker: marker, Tool: "Bash", Input: map[string]any{
		"command": commandLine, "description": "Run a command for a test",
	}}
}

// idPrefix starts the id of a tool use. The number of its rule follows, for
// that is all that comes back with the tool's result.
const idPrefix = "toolu_fake_"

// decide returns the answer to m, the n-th of the server.
func decide(rules []Rule, m messages, n int) reply {
	r := newReply(m, n)
	if result, ok := m.last().result(); ok {
		r.say(afterTool(rules, result, m.userText()))
		return r
	}
	text := m.userText()
	for i, rule := range rules {
		if !strings.Contains(text, rule.Marker) || rule.Marker == "" {
			continue
		}
		if rule.Tool == "" {
			r.say(fill(rule.Text, text, ""))
			return r
		}
		if m.offers(rule.Tool) {
			r.use(fmt.Sprintf("%s%d_%d", idPrefix, i, n), rule.Tool, rule.Input)
			return r
		}
	}
	r.say("You said: " + text)
	return r
}

// afterTool returns the answer to a tool's result.
func afterTool(rules []Rule, result block, userText string) string {
	text := "The tool said: {result}"
	if i, ok := ruleOf(result.ToolUseID); ok && i < len(rules) && rules[i].Text != "" {
		text = rules[i].Text
	}
	var said []string
	for _, b := range result.Content {
		if b.Type == "text" {
			said = append(said, b.Text)
		}
	}
	return fill(text, userText, strings.Join(said, "\n"))
}

// ruleOf reads the number of a rule from the id of a tool use.
func ruleOf(id string) (int, bool) {
	rest, ok := strings.CutPrefix(id, idPrefix)
	if !ok {
		return 0, false
	}
	number, _, _ := strings.Cut(rest, "_")
	i, err := strconv.Atoi(number)
	return i, err == nil && i >= 0
}

func fill(text, user, result string) string {
	return strings.NewReplacer("{text}", user, "{result}", result).Replace(text)
}
