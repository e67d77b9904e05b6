package config

import (
	"reflect"
	"strings"
	"testing"
)

// roundTrip writes the settings as a file, reads that, and returns how the two
// differ.
func roundTrip(t *testing.T, s Settings) string {
	t.Helper()
	var b strings.Builder
	for _, k := range Keys() {
		b.WriteString(k.Name + " = " + k.Format(s) + "\n")
	}
	l := &loader{keys: Keys(), loaded: Loaded{Settings: Defaults(), Origins: map[string]Origin{}}}
	l.document([]byte(b.String()), "f")
	if len(l.problems) > 0 {
		return Errors(l.problems).Error() + "\nin\n" + b.String()
	}
	if !reflect.DeepEqual(l.loaded.Settings, s) {
		return "other settings from\n" + b.String()
	}
	return ""
}

func TestFormatRoundTrips(t *testing.T) {
	all := Defaults()
	for _, k := range Keys() {
		sample := samples[fieldName(t, k)]
		if faults := k.set(&all, []item{{text: sample.text}}); len(faults) > 0 {
			t.Fatal(faults[0].flaw.message)
		}
	}
	all.ClaudeArgs = []string{"", "a \"b\" \\c", "tab\t\x01\x7f", "\u202e日本\U000e0001", "'"}
	for _, s := range []Settings{Defaults(), all} {
		if diff := roundTrip(t, s); diff != "" {
			t.Error(diff)
		}
	}
}

func TestFormat(t *testing.T) {
	s := Defaults()
	s.Memory, s.CPUs, s.Allow = 3<<29, 2, []string{"a.example", "b.example"}
	want := map[string]string{
		"isolation": `"auto"`, "memory": `"1536m"`, "cpus": "2", "pids": "4096", "rebuild": "false",
		"allow": `["a.example", "b.example"]`, "env": "[]", "context": `""`,
	}
	for _, k := range Keys() {
		if w, ok := want[k.Name]; ok && k.Format(s) != w {
			t.Errorf("%s is %s, want %s", k.Name, k.Format(s), w)
		}
	}
	for n, w := range map[int64]string{0: "0", 1: "1", 1 << 10: `"1k"`, 1 << 40: `"1t"`, 1 << 50: `"1024t"`, 64<<20 + 1: "67108865"} {
		if got := formatSize(n); got != w {
			t.Errorf("formatSize(%d) = %s, want %s", n, got, w)
		}
	}
}
