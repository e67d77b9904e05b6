package config

import (
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	names := (&loader{keys: Keys()}).names()
	for word, want := range map[string]string{
		"isolatoin": "isolation", "Isolation": "isolation", "fresh-creds": "fresh_creds", "freshcreds": "fresh_creds",
		"credentials_source": "credentials.source", "credential": "credentials", "memroy": "memory", "cpu": "cpus",
		"base-image": "base_image", "envs": "env", "xyz": "", "": "", "something_else": "", strings.Repeat("a", 1000): "",
	} {
		if got := suggest(word, names); got != want {
			t.Errorf("suggest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "abd", 1},
		{"kitten", "sitting", 3}, {"ab", "ba", 1}, {"flaw", "lawn", 2},
	} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
