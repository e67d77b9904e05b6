package lab

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// source is one place that apt fetches packages from.
type source struct {
	uri        string
	suite      string
	components []string
}

// hostSources reads the package sources of this machine, in both of apt's
// formats, from the folder that usually is /etc/apt.
func hostSources(dir string) ([]source, error) {
	paths := []string{filepath.Join(dir, "sources.list")}
	for _, pattern := range []string{"*.list", "*.sources"} {
		found, err := filepath.Glob(filepath.Join(dir, "sources.list.d", pattern))
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	var out []source
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(path, ".sources") {
			out = append(out, parseDeb822(string(b))...)
		} else {
			out = append(out, parseOneLine(string(b))...)
		}
	}
	return out, nil
}

// parseOneLine reads the format of sources.list: "deb [options] uri suite
// component...".
func parseOneLine(text string) []source {
	var out []source
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "deb" {
			continue
		}
		words = words[1:]
		if len(words) > 0 && strings.HasPrefix(words[0], "[") {
			end := slices.IndexFunc(words, func(w string) bool { return strings.HasSuffix(w, "]") })
			if end < 0 {
				continue
			}
			words = words[end+1:]
		}
		if len(words) >= 3 {
			out = append(out, source{uri: words[0], suite: words[1], components: words[2:]})
		}
	}
	return out
}

// parseDeb822 reads the format of *.sources: paragraphs of "Field: values".
func parseDeb822(text string) []source {
	var out []source
	for _, fields := range paragraphs(text) {
		if !slices.Contains(fields["types"], "deb") {
			continue
		}
		if slices.Equal(fields["enabled"], []string{"no"}) {
			continue
		}
		for _, uri := range fields["uris"] {
			for _, suite := range fields["suites"] {
				out = append(out, source{uri: uri, suite: suite, components: fields["components"]})
			}
		}
	}
	return out
}

// paragraphs splits deb822 text into its paragraphs, each from the field's
// name in lower case to its words.
func paragraphs(text string) []map[string][]string {
	var out []map[string][]string
	fields := map[string][]string{}
	last := ""
	flush := func() {
		if len(fields) > 0 {
			out = append(out, fields)
		}
		fields, last = map[string][]string{}, ""
	}
	for _, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			flush()
		case line[0] == ' ' || line[0] == '\t':
			if last != "" {
				fields[last] = append(fields[last], strings.Fields(line)...)
			}
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				continue
			}
			last = strings.ToLower(strings.TrimSpace(name))
			fields[last] = append(fields[last], strings.Fields(value)...)
		}
	}
	flush()
	return out
}

// forBase turns the machine's sources into those of the stand-in image: the
// machine's release replaced by the image's, main only, http and https only.
// Sources of other releases and of other makers are left out.
func forBase(sources []source, release, base string) []source {
	var out []source
	for _, s := range sources {
		if !strings.HasPrefix(s.uri, "http://") && !strings.HasPrefix(s.uri, "https://") {
			continue
		}
		rest, ok := strings.CutPrefix(s.suite, release)
		if release == "" || !ok || !slices.Contains([]string{"", "-updates", "-security"}, rest) || !slices.Contains(s.components, "main") {
			continue
		}
		next := source{uri: s.uri, suite: base + rest, components: []string{"main"}}
		if !slices.ContainsFunc(out, func(o source) bool { return o.uri == next.uri && o.suite == next.suite }) {
			out = append(out, next)
		}
	}
	return out
}

// mirror returns where the release itself comes from, "" if none of the
// sources has it.
func mirror(sources []source, base string) string {
	for _, s := range sources {
		if s.suite == base {
			return s.uri
		}
	}
	return ""
}

// renderSources writes a sources.list.
func renderSources(sources []source) string {
	var b strings.Builder
	for _, s := range sources {
		b.WriteString("deb " + s.uri + " " + s.suite + " " + strings.Join(s.components, " ") + "\n")
	}
	return b.String()
}

// hostRelease returns the code name of this machine's Debian from the text of
// /etc/os-release, "" on any other distribution.
func hostRelease(osRelease string) string {
	fields := map[string]string{}
	for _, line := range strings.Split(osRelease, "\n") {
		name, value, _ := strings.Cut(line, "=")
		fields[name] = strings.Trim(value, `"' `)
	}
	if fields["ID"] != "debian" {
		return ""
	}
	return fields["VERSION_CODENAME"]
}

// aptOptions picks from the output of `apt-config dump` what the stand-in
// needs as much as the machine does: its proxy, unless that has a password in
// it, and its patience with an archive that is a dated copy.
func aptOptions(dump string) string {
	var b strings.Builder
	for _, line := range strings.Split(dump, "\n") {
		name, value, _ := strings.Cut(line, " ")
		switch strings.ToLower(name) {
		case "acquire::http::proxy", "acquire::https::proxy", "acquire::check-valid-until":
			if value != "" && !strings.Contains(value, "@") {
				b.WriteString(line + "\n")
			}
		}
	}
	return b.String()
}
