package dclaude_test

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each picture of docs/diagrams is drawn from the text beside it as it is now,
// and a document shows it.
func TestDiagramsAreUpToDate(t *testing.T) {
	texts, err := filepath.Glob(filepath.Join("docs", "diagrams", "*.d2"))
	if err != nil || len(texts) == 0 {
		t.Fatalf("%q, %v", texts, err)
	}
	for _, path := range texts {
		picture := strings.TrimSuffix(path, ".d2") + ".svg"
		want := fmt.Sprintf("<!-- drawn from sha256:%x -->\n", sha256.Sum256([]byte(read(t, path))))
		if !strings.HasSuffix(read(t, picture), want) {
			t.Errorf("%s is not drawn from %s as it is: run `make diagrams`", picture, path)
		}
		shown := false
		for _, d := range documents(t) {
			rel, err := filepath.Rel(filepath.Dir(d.path), picture)
			shown = shown || err == nil && strings.Contains(d.text, "]("+filepath.ToSlash(rel)+")")
		}
		if !shown {
			t.Errorf("no document shows %s", picture)
		}
	}
}

// A package that a picture names is one that there is.
func TestDiagramsNamePackages(t *testing.T) {
	name := regexp.MustCompile(`(?:app|creds|launcher)(?:/[a-z]+)*`)
	for _, line := range strings.Split(read(t, filepath.Join("docs", "diagrams", "architecture.d2")), "\n") {
		_, label, ok := strings.Cut(line, `: "`)
		if !ok {
			continue
		}
		label = strings.ReplaceAll(strings.ReplaceAll(label, `/\n`, "/"), `\n`, " ")
		for _, word := range strings.FieldsFunc(label, func(r rune) bool { return strings.ContainsRune(` "{`, r) }) {
			if name.FindString(word) == word && allowed["dclaude/"+word] == nil {
				t.Errorf("%s is no package", word)
			}
		}
	}
}
