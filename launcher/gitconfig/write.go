package gitconfig

import "strings"

// write renders entries as a configuration file. Every value is quoted, so that
// no character in it can end it, start a comment or be trimmed.
func write(entries []entry) string {
	var out strings.Builder
	last := ""
	for _, e := range entries {
		section, sub, key := split(e.name)
		header := "[" + section + "]\n"
		if sub != "" {
			header = "[" + section + ` "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(sub) + "\"]\n"
		}
		if header != last {
			out.WriteString(header)
			last = header
		}
		out.WriteString("\t" + key)
		if !e.implicit {
			out.WriteString(` = "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\b", `\b`).Replace(e.value) + `"`)
		}
		out.WriteString("\n")
	}
	return out.String()
}
