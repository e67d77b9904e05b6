package config

import "regexp"

// form is a pattern for a value, and how long that can be, in bytes. A length
// inside of the pattern would be compiled to as many copies of what it limits,
// at the start of every program that has settings.
type form struct {
	pattern *regexp.Regexp
	most    int
}

func formOf(pattern string, most int) form { return form{regexp.MustCompile(pattern), most} }

// MatchString reports whether a value has the form.
func (f form) MatchString(s string) bool { return len(s) <= f.most && f.pattern.MatchString(s) }
