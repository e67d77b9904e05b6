package config

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// safeWay is the advice to those who pass a secret in the environment, where
// every process of the session, docker inspect and docker exec show it.
const safeWay = "put the secret into a file that only the project's tools read; a session can read all of its project"

// maxEnv is the longest KEY=VALUE that Linux passes to a program, in bytes,
// with room for the NUL at its end.
const maxEnv = 128<<10 - 1

// checkEnv takes KEY=VALUE. Its messages never show the value, nor a name that
// is not one: either could be a secret.
func checkEnv(pair string) (string, *flaw) {
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		return "", flawed("has no = in it").advise("write KEY=VALUE; a value is not taken from your own environment")
	}
	if !nameForm.MatchString(name) {
		return "", flawed("the part before = is not a name of letters, digits and _")
	}
	if f := refusedName(name); f != nil {
		return "", f
	}
	switch {
	case strings.ContainsAny(value, "\x00\n\r"):
		return "", flawed("the value of %s has a line break or a NUL byte in it", name)
	case !utf8.ValidString(value):
		return "", flawed("the value of %s is not valid UTF-8", name)
	case len(pair) > maxEnv:
		return "", flawed("the value of %s is longer than Linux takes", name)
	case secretValue(value):
		return "", flawed("the value of %s looks like a secret", name).advise(safeWay)
	}
	return pair, nil
}

// envName returns the name of a KEY=VALUE.
func envName(pair string) string {
	name, _, _ := strings.Cut(pair, "=")
	return name
}

// refusedName says why a variable is not passed into a session, or nil.
func refusedName(name string) *flaw {
	if why := steers(name); why != "" {
		return flawed("%s is refused: %s", name, why)
	}
	upper := strings.ToUpper(name)
	if !secretName(upper) {
		return nil
	}
	f := flawed("%s is refused: it carries a secret, and an environment is no place for one", name)
	switch upper {
	case "ANTHROPIC_API_KEY":
		return f.advise(`set credentials.source = "api-key"`)
	case "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN":
		return f.advise(`set credentials.source = "token"`)
	}
	return f.advise(safeWay)
}

// steers says what a variable would do to the session itself, or "".
func steers(name string) string {
	switch name {
	case "CLAUDE_CONFIG_DIR":
		return "dclaude sets it, to the volume with Claude's state"
	case "CLAUDE_CREDENTIALS", "FORCE_CREDENTIALS":
		return "it would replace the session's credentials"
	case "IS_SANDBOX":
		return "dclaude sets it where Claude has to know"
	case "HOME", "USER", "LOGNAME", "SHELL":
		return "the image sets it, for the session's user"
	case "PATH":
		return "the image sets it, and would lose its programs"
	case "BASH_ENV":
		return "shells run the file that it names"
	}
	switch {
	case strings.HasPrefix(name, "LD_"):
		return "it changes what every program of the session loads"
	case strings.HasPrefix(name, envPrefix):
		return "names that start with " + envPrefix + " are dclaude's own"
	}
	return ""
}

// secretName tells whether a variable, in upper case, is one for secrets.
func secretName(upper string) bool {
	if rest, ok := strings.CutPrefix(upper, "AWS_"); ok {
		harmless := []string{"REGION", "DEFAULT_REGION", "PROFILE", "DEFAULT_OUTPUT", "PAGER"}
		return !slices.Contains(harmless, rest)
	}
	if slices.Contains([]string{"ANTHROPIC_CUSTOM_HEADERS", "DOCKER_AUTH_CONFIG", "MYSQL_PWD", "KEY", "PAT"}, upper) {
		return true
	}
	for _, part := range []string{"SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "APIKEY", "PRIVATE_KEY", "AUTHTOKEN"} {
		if strings.Contains(upper, part) {
			return true
		}
	}
	for _, end := range []string{"TOKEN", "_KEY", "_PAT", "_AUTH", "_PWD"} {
		if strings.HasSuffix(upper, end) {
			return true
		}
	}
	return false
}

var (
	nameForm = formOf(`^[A-Za-z_][A-Za-z0-9_]*$`, 256)
	// secretForms are well-known secrets: the tokens of Anthropic, of forges
	// and of chat services, keys, and URLs with a password.
	secretForms = regexp.MustCompile(`sk-ant-|\bgh[opsu]_[A-Za-z0-9]{16}|\bgithub_pat_|\bglpat-|\bxox[abp]-|\bAKIA[0-9A-Z]{12}|PRIVATE KEY-----|://[^/?#\s]*:[^/?#\s]+@`)
)

// secretValue tells whether text has the form of a well-known secret.
func secretValue(text string) bool { return secretForms.MatchString(text) }
