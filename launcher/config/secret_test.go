package config

import (
	"strings"
	"testing"
)

func TestEnvTakes(t *testing.T) {
	table(t, checkEnv, same(
		"EDITOR=vi", "A=", "A==", "_x1=a=b", "A=with space, comma and ü", "lower_case=1", "TERM=xterm-256color", "TZ=Europe/Berlin",
		"MAX_THINKING_TOKENS=1000", "CLAUDE_CODE_MAX_OUTPUT_TOKENS=1", "CLAUDE_CODE_API_KEY_HELPER_TTL_MS=1", "CLAUDE_CODE_USE_BEDROCK=1",
		"AWS_REGION=eu-central-1", "AWS_PROFILE=x", "ANTHROPIC_BASE_URL=http://10.0.0.1:8080/v1?a=b@c", "ANTHROPIC_MODEL=opus",
		"NODE_OPTIONS=--max-old-space-size=4096", "HTTPS_PROXY=http://proxy.example:3128", "KEYBOARD=de", "PATHS=x", "MONKEY=1",
		"ENV=development", "home=x", "A="+strings.Repeat("x", maxEnv-2),
	), []string{
		"", "=", "=x", "A", "A B=1", "1A=x", "A-B=x", "A.B=x", "ü=x", "A\n=x", " A=x", "A=x\ny", "A=x\ry", "A=x\x00y", "A=\xff",
		"A=" + strings.Repeat("x", maxEnv-1), strings.Repeat("A", 257) + "=x",
	})
}

func TestEnvRefusesSecrets(t *testing.T) {
	for name, advice := range map[string]string{
		"ANTHROPIC_API_KEY": `credentials.source = "api-key"`, "ANTHROPIC_AUTH_TOKEN": `credentials.source = "token"`,
		"CLAUDE_CODE_OAUTH_TOKEN": `credentials.source = "token"`, "anthropic_api_key": "api-key",
		"ANTHROPIC_CUSTOM_HEADERS": "file", "OPENAI_API_KEY": "file", "GITHUB_TOKEN": "file", "GH_TOKEN": "file", "NPM_TOKEN": "file", "TOKEN": "file",
		"NPM_CONFIG__AUTHTOKEN": "file", "npm_config__auth": "file", "GITHUB_PAT": "file", "AWS_ACCESS_KEY_ID": "file", "AWS_SECRET_ACCESS_KEY": "file",
		"AWS_SESSION_TOKEN": "file", "AWS_BEARER_TOKEN_BEDROCK": "file", "CLIENT_SECRET": "file", "SECRET_KEY_BASE": "file", "MY_SECRETS": "file",
		"DB_PASSWORD": "file", "PGPASSWORD": "file", "MYSQL_PWD": "file", "REDIS_PASSWD": "file", "KEY_PASSPHRASE": "file",
		"GOOGLE_APPLICATION_CREDENTIALS": "file", "SSH_PRIVATE_KEY_DATA": "file", "APIKEY": "file", "ENCRYPTION_KEY": "file", "DOCKER_AUTH_CONFIG": "file",
	} {
		_, f := checkEnv(name + "=hush")
		if f == nil {
			t.Errorf("%s passes", name)
			continue
		}
		if !strings.Contains(f.message, name) || !strings.Contains(f.advice, advice) {
			t.Errorf("%s: %q, hint %q", name, f.message, f.advice)
		}
	}
}

func TestEnvRefusesWhatSteersTheSession(t *testing.T) {
	for _, name := range []string{
		"LD_PRELOAD", "LD_LIBRARY_PATH", "CLAUDE_CONFIG_DIR", "HOME", "PATH", "USER", "SHELL", "CLAUDE_CREDENTIALS", "FORCE_CREDENTIALS",
		"IS_SANDBOX", "BASH_ENV", "DCLAUDE_ISOLATION", "DCLAUDE_X",
	} {
		_, f := checkEnv(name + "=hush")
		if f == nil || !strings.HasPrefix(f.message, name+" is refused: ") || len(f.message) < len(name)+20 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestSecretValues(t *testing.T) {
	for _, secret := range []string{
		"sk-ant-api03-abc", "x sk-ant-oat01-abc", "ghp_0123456789abcdef0123", "github_pat_11AA", "glpat-xyz", "xoxb-1-2", "AKIAIOSFODNN7EXAMPLE",
		"-----BEGIN OPENSSH PRIVATE KEY-----", "postgres://u:p@db.example/x", "http://user:pass@proxy.example:3128",
	} {
		if _, f := checkEnv("A=" + secret); f == nil {
			t.Errorf("%q passes", secret)
		}
	}
	for _, harmless := range []string{"http://proxy.example:3128", "http://a:1/b@c", "git@example.com:x.git", "task-antelope", "u:p@x"} {
		if _, f := checkEnv("A=" + harmless); f != nil {
			t.Errorf("%q: %s", harmless, f.message)
		}
	}
}

// Whatever is wrong with a variable, its value is in no message, and neither is
// a name that might be a misplaced value.
func TestNoValueInMessages(t *testing.T) {
	const hush = "hu5h"
	for _, pair := range []string{
		hush, "GITHUB_TOKEN=" + hush, "HOME=" + hush, hush + "/x=y", "A=" + hush + "\n", "A=" + hush + "\x00", "A=sk-ant-" + hush,
		"A=" + hush + strings.Repeat("x", maxEnv),
	} {
		for _, from := range []Sources{
			{Flags: map[string][]string{"env": {pair}}},
			{File: settingsFile(t, "env = ["+tomlString(pair)+"]\n")},
			{File: settingsFile(t, "env = "+tomlString(pair)+"\n")},
		} {
			_, err := Load(from)
			if err == nil {
				t.Errorf("%.40q passes", pair)
				continue
			}
			if e := failure(t, err); strings.Contains(e.Error()+e.Hint(), hush) {
				t.Errorf("%.40q: %v", pair, err)
			}
		}
	}
	if got := show("sk-ant-" + hush); strings.Contains(got, hush) {
		t.Errorf("show: %s", got)
	}
}

func FuzzCheckEnv(f *testing.F) {
	for _, s := range []string{"A=1", "PATH=x", "LD_X=", "=", "", "A=\x00", "GITHUB_TOKEN=x", "A=sk-ant-x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, pair string) {
		got, flaw := checkEnv(pair)
		if flaw != nil {
			if flaw.message == "" {
				t.Errorf("%q is refused without a reason", pair)
			}
			return
		}
		if got != pair || strings.ContainsAny(got, "\x00\n") || !strings.Contains(got, "=") {
			t.Errorf("%q became %q", pair, got)
		}
	})
}
