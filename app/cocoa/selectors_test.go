package cocoa

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// argument is one type of an encoding.
var argument = regexp.MustCompile(`^(\^@|@\?|[v@:BQqc])`)

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range append(Selectors(), Answered()...) {
		if seen[s.Name] || s.Of == "" || !regexp.MustCompile(`^[A-Za-z0-9]+(:|([A-Za-z]*:)+)?$`).MatchString(s.Name) {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
	}
	for _, s := range Answered() {
		var parts []string
		rest := s.Types
		for rest != "" {
			part := argument.FindString(rest)
			if part == "" {
				t.Fatalf("%s: %q cannot be read from %q", s.Name, s.Types, rest)
			}
			parts = append(parts, part)
			rest = rest[len(part):]
		}
		if len(parts) != 3+strings.Count(s.Name, ":") || parts[1] != "@" || parts[2] != ":" {
			t.Errorf("%s: %q has %d parts", s.Name, s.Types, len(parts))
		}
	}
}

// The code for macOS uses no name that is not in the tables, and the tables
// have none that it does not use.
func TestOnlyNamesOfTheTablesAreUsed(t *testing.T) {
	files, err := filepath.Glob("../*/*_darwin.go")
	if err != nil || len(files) < 5 {
		t.Fatalf("%q, %v", files, err)
	}
	used := map[string][]string{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			at, known := map[string]int{"Send": 1, "Class": 0, "Answer": 1, "RegisterName": 0, "GetClass": 0, "Load": 0}[name(call.Fun)]
			if !known || len(call.Args) <= at {
				return true
			}
			if text, ok := literal(call.Args[at]); ok {
				used[name(call.Fun)] = append(used[name(call.Fun)], text)
			} else if _, isName := call.Args[at].(*ast.Ident); !isName || filepath.Base(file) != "cocoa_darwin.go" {
				if _, nested := call.Args[at].(*ast.CallExpr); !nested && name(call.Fun) != "Load" {
					t.Errorf("%s: %s is called with something else than a name", file, name(call.Fun))
				}
			}
			return true
		})
	}
	var sent, answered []string
	for _, s := range Selectors() {
		sent = append(sent, s.Name)
	}
	for _, s := range Answered() {
		answered = append(answered, s.Name)
	}
	compare(t, "sent", append(used["Send"], slices.DeleteFunc(used["RegisterName"], func(s string) bool { return slices.Contains(answered, s) })...), sent)
	compare(t, "answered", used["Answer"], answered)
	compare(t, "class", append(used["Class"], used["GetClass"]...), Classes())
	compare(t, "framework", used["Load"], Frameworks())
}

func compare(t *testing.T, what string, used, table []string) {
	t.Helper()
	for _, u := range used {
		if !slices.Contains(table, u) {
			t.Errorf("%s: %q is not in the table", what, u)
		}
	}
	for _, name := range table {
		if !slices.Contains(used, name) {
			t.Errorf("%s: %q of the table is not used", what, name)
		}
	}
}

// name is the last part of what is called; that of a generic function is
// without its type.
func name(fun ast.Expr) string {
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.IndexExpr:
		return "" // objc.Send[T] takes a registered name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}
