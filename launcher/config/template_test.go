package config

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// The template changes nothing as it is, and, with every comment of a setting
// opened, says the defaults.
func TestTemplate(t *testing.T) {
	text := Template()
	opened := strings.ReplaceAll(text, "# context = \"\"\n", "") // the empty text is no value for these two
	opened = strings.ReplaceAll(opened, "# host = \"\"\n", "")
	lines := strings.Split(opened, "\n")
	for i, line := range lines {
		if rest, ok := strings.CutPrefix(line, "# "); ok && strings.Contains(rest, " = ") {
			lines[i] = rest
		}
	}
	for name, content := range map[string]string{"as it is": text, "opened": strings.Join(lines, "\n")} {
		l, err := Load(Sources{File: settingsFile(t, content)})
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, content)
		}
		for _, k := range Keys() {
			if !k.equal(l.Settings, Defaults()) {
				t.Errorf("%s: %s is %s", name, k.Name, k.Format(l.Settings))
			}
			if !strings.Contains(text, k.Name[strings.LastIndex(k.Name, ".")+1:]+" = ") {
				t.Errorf("%s is not in the template", k.Name)
			}
		}
	}
}

func TestValue(t *testing.T) {
	s := Defaults()
	s.Memory = 5
	for _, k := range Keys() {
		v := k.Value(s)
		b, err := json.Marshal(v)
		if v == nil || err != nil || string(b) == "null" {
			t.Errorf("%s: %v, %s, %v", k.Name, v, b, err)
		}
		if list, ok := v.([]string); ok && len(list) == 0 && !reflect.DeepEqual(list, []string{}) {
			t.Errorf("%s: an empty list is nil", k.Name)
		}
	}
}
