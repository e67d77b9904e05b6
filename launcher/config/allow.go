package config

import (
	"errors"
	"regexp"

	"dclaude/launcher/egress"
)

// presetForm is the name of a preset. Which there are depends on the image and
// on the user's own configuration, so that a launch decides.
var presetForm = regexp.MustCompile(`^@[a-z][a-z0-9-]{0,30}$`)

// checkAllow takes a rule of the gateway's. It does not ask whether the host exists
// or is private: the gateway does, each time.
func checkAllow(text string) (string, *flaw) {
	if presetForm.MatchString(text) {
		return text, nil
	}
	rule, err := egress.ParseRule(text)
	if err == nil {
		return rule.String(), nil
	}
	f := flawed("%v", err)
	var wrong *egress.RuleError
	if errors.As(err, &wrong) {
		f.advise("%s", wrong.Hint())
	}
	return "", f
}
