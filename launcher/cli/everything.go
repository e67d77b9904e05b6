package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dclaude/launcher/config"
	"dclaude/launcher/egress"
)

// consent asks before a session is started with an allow-list that is none. It
// says what the user's own rules, or those of a project's file that they have
// approved, give up; the answer counts for this launch.
func (a *app) consent(ctx context.Context, s config.Settings) error {
	if s.Network != "allowlist" || s.AllowEverything {
		return nil
	}
	var rules []egress.Rule
	for _, text := range s.Allow {
		if r, err := egress.ParseRule(text); err == nil { // else it names a tool's hosts
			rules = append(rules, r)
		}
	}
	return a.askWide(ctx, rules, "nothing was started",
		`--allow-everything, or allow_everything = true in your settings, goes ahead without a question; so does network = "open", which gives up private networks, too`)
}

// consentToChange is consent for rules that running sessions get.
func (a *app) consentToChange(ctx context.Context, texts []string) error {
	rules, err := egress.ParseRules(texts)
	if err != nil {
		return err
	}
	return a.askWide(ctx, rules, "nothing was changed", "add --yes to go ahead")
}

// askWide asks about those of the rules that leave nothing of a limit. Without a
// terminal, or with any answer but yes, it is an error; hint says how to go ahead
// without a question.
func (a *app) askWide(ctx context.Context, rules []egress.Rule, otherwise, hint string) error {
	wide := egress.Wide(rules)
	if len(wide) == 0 {
		return nil
	}
	list, network := strings.Join(egress.Strings(wide), ", "), ""
	for _, r := range wide {
		if !r.Any {
			network = ", private networks among it"
		}
	}
	if !isTerminal(a.sys.In) {
		return &hintedError{fmt.Errorf("%s lets a session reach everything%s, and there is nobody to ask: this is not a terminal", list, network), hint}
	}
	a.out.say("%s lets a session reach everything%s. Whatever it can read, your project and its login among it, it can then send to anybody.", list, network)
	yes, err := a.confirm(ctx)
	if err == nil && !yes {
		err = &hintedError{errors.New(otherwise), ""}
	}
	return err
}
