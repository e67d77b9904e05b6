package project

import (
	"regexp"
	"testing"
)

func TestSlug(t *testing.T) {
	for path, want := range map[string]string{
		"/home/u/my-project":                       "my-project",
		"/home/u/My Project":                       "my-project",
		"/home/u/--dash--":                         "dash",
		"/home/u/a.b_c":                            "a-b-c",
		"/home/u/Grüße":                            "gr-e",
		"/home/u/日本":                               "project",
		"/home/u/...":                              "project",
		"/home/u/\xff\xfe":                         "project",
		"/home/u/a\nb":                             "a-b",
		"/":                                        "project",
		"/x/abcdefghijklmnopqrstuvwxyz":            "abcdefghijklmnopqrstuvwx",
		"/x/abcdefghijklmnopqrstuvw-xyz":           "abcdefghijklmnopqrstuvw",
		"/x/" + "UPPER" + "lower" + "0123":         "upperlower0123",
		"/x/\u212aelvin (its K is not an ASCII K)": "elvin-its-k-is-not-an-as",
	} {
		if got := slug(path); got != want {
			t.Errorf("slug(%q) = %q, want %q", path, got, want)
		}
	}
}

func FuzzSlug(f *testing.F) {
	for _, seed := range []string{"", "/", "a", "-", "--a--", "\x00", "\xff", "x y", "日本", "/a/" + string(make([]byte, 300))} {
		f.Add(seed)
	}
	valid := regexp.MustCompile(`\A[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?\z`)
	f.Fuzz(func(t *testing.T, path string) {
		if got := slug(path); !valid.MatchString(got) {
			t.Errorf("slug(%q) = %q", path, got)
		}
	})
}
