package seccomp

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func parse(t *testing.T, text string) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// The list of calls is a promise of the documentation: a change has to be made
// here too.
func TestAdded(t *testing.T) {
	var got []string
	for _, a := range Added() {
		if !slices.Contains(got, a.Call) {
			got = append(got, a.Call)
		}
		if len(a.Reason) < 20 {
			t.Errorf("%s has no reason", a.Call)
		}
		if a.Call == "clone" && a.Arg == nil {
			t.Error("clone is allowed with every flag")
		}
		if a.Call == "clone" && a.Arg != nil && (a.Arg.Equals&newCgroup != 0 || a.Arg.Mask != namespaces) {
			t.Errorf("clone is allowed with flags %#x under mask %#x", a.Arg.Equals, a.Arg.Mask)
		}
	}
	if want := []string{"clone", "mount", "pivot_root", "umount2"}; !slices.Equal(got, want) {
		t.Errorf("calls added: %v, want %v", got, want)
	}
}

func TestWithNothingIsTheDefault(t *testing.T) {
	text, err := With(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, want := parse(t, text), parse(t, string(defaultProfile))
	if len(got) != len(want) {
		t.Fatalf("%d members, want %d", len(got), len(want))
	}
	for name := range want {
		a, _ := json.Marshal(got[name])
		b, _ := json.Marshal(want[name])
		if string(a) != string(b) {
			t.Errorf("%s changed", name)
		}
	}
}

func TestTheDefaultDenies(t *testing.T) {
	m := parse(t, string(defaultProfile))
	if got := string(m["defaultAction"]); got != `"SCMP_ACT_ERRNO"` {
		t.Errorf("default action %s", got)
	}
	text, err := Profile()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "SCMP_ACT_LOG") || strings.Contains(text, "SCMP_ACT_TRACE") {
		t.Error("the profile has an action that lets calls through")
	}
}
