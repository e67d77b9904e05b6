package seccomp

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	upstream "github.com/moby/profiles/seccomp"
)

var update = flag.Bool("update", false, "write default.json anew from the module")

// The embedded data is the module's profile, and nothing else.
func TestDefaultIsTheModules(t *testing.T) {
	want, err := json.MarshalIndent(upstream.DefaultProfile(), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("default.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want, defaultProfile) {
		t.Error("default.json is not the module's default profile: run go test ./launcher/seccomp -update and read the difference")
	}
}

// What engines read from the text is the default with our rules behind it.
func TestProfileAsTheEngineReadsIt(t *testing.T) {
	text, err := Profile()
	if err != nil {
		t.Fatal(err)
	}
	var got upstream.Seccomp
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	var base upstream.Seccomp
	if err := json.Unmarshal(defaultProfile, &base); err != nil {
		t.Fatal(err)
	}
	if n := len(got.Syscalls) - len(base.Syscalls); n != len(Added()) {
		t.Fatalf("%d rules more than the default, want %d", n, len(Added()))
	}
	for i, a := range Added() {
		r := got.Syscalls[len(base.Syscalls)+i]
		if len(r.Names) != 1 || r.Names[0] != a.Call || r.Action != "SCMP_ACT_ALLOW" || r.Includes != nil || r.Excludes != nil {
			t.Errorf("%s became %+v", a.Call, r)
		}
		if (a.Arg != nil) != (len(r.Args) == 1) {
			t.Errorf("%s: arguments %+v", a.Call, r.Args)
		} else if a.Arg != nil && (r.Args[0].Value != a.Arg.Mask || r.Args[0].ValueTwo != a.Arg.Equals || r.Args[0].Op != "SCMP_CMP_MASKED_EQ") {
			t.Errorf("%s: arguments %+v", a.Call, r.Args)
		}
	}
	got.Syscalls = got.Syscalls[:len(base.Syscalls)]
	if !reflect.DeepEqual(got, base) {
		t.Error("the profile differs from the default in more than the rules added")
	}
}
