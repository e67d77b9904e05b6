package config

import (
	"fmt"
	"strings"
)

// Value returns the key's value in s: a string, bool, number or list.
func (k Key) Value(s Settings) any {
	switch p := k.field(&s).(type) {
	case *string:
		return *p
	case *bool:
		return *p
	case *float64:
		return *p
	case *int64:
		return *p
	case *[]string:
		return append([]string{}, *p...)
	}
	return nil
}

// Template returns a configuration file in which every setting stands as a
// comment, with its default.
func Template() string {
	var b strings.Builder
	b.WriteString("# Settings of dclaude. Take the # away from what you change.\n# A flag or a DCLAUDE_... variable beats this file.\n")
	defaults := Defaults()
	table := ""
	write := func(k Key, name string) {
		fmt.Fprintf(&b, "\n# %s.\n", strings.ToUpper(k.Help[:1])+k.Help[1:])
		if len(k.Values) > 0 {
			fmt.Fprintf(&b, "# One of: %s.\n", strings.Join(k.Values, ", "))
		}
		fmt.Fprintf(&b, "# %s = %s\n", name, k.Format(defaults))
	}
	for _, k := range Keys() { // what follows a [table] is in it, so those come last
		if !strings.Contains(k.Name, ".") {
			write(k, k.Name)
		}
	}
	for _, k := range Keys() {
		in, name, ok := strings.Cut(k.Name, ".")
		if !ok {
			continue
		}
		if in != table {
			table = in
			fmt.Fprintf(&b, "\n[%s]\n", table)
		}
		write(k, name)
	}
	return b.String()
}
