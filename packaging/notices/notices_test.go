package notices

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const mit = `Copyright (c) 2020 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files
(the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge,
publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`

const gpl = `This program is free software: you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation, either version 3 of the License, or
(at your option) any later version.

This program is distributed in the hope that it will be useful,
but WITHOUT ANY WARRANTY; without even the implied warranty of
MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
GNU General Public License for more details.
`

func apache(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestIsText(t *testing.T) {
	for name, want := range map[string]bool{
		"LICENSE": true, "LICENSE.txt": true, "LICENCE.md": true, "COPYING": true, "LICENSE-MIT": true, "GO-LICENSE": true, "NOTICE": true, "NOTICE.txt": true,
		"PATENTS": true, "COPYRIGHT": true, "UNLICENSE": true,
		"licence.go": false, "LICENSE.docs": false, "README.md": false, "noticed.txt": false, "licenses.go": false,
	} {
		if got := IsText(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestLicences(t *testing.T) {
	tests := map[string]struct {
		texts []Text
		want  string // licences, or a part of the error
		fails bool
	}{
		"one":           {[]Text{{"LICENSE", mit}}, "MIT", false},
		"two":           {[]Text{{"LICENSE", mit}, {"sub/LICENSE", apache(t)}, {"NOTICE", "Somebody wrote this."}}, "Apache-2.0 MIT", false},
		"the same":      {[]Text{{"LICENSE", mit}, {"sub/COPYING", mit}}, "MIT", false},
		"none":          {nil, "there is no licence", true},
		"a notice":      {[]Text{{"NOTICE", "Somebody wrote this."}}, "there is no licence", true},
		"not allowed":   {[]Text{{"LICENSE", gpl}}, "GPL-3.0", true},
		"one of them":   {[]Text{{"LICENSE", mit}, {"sub/LICENSE", gpl}}, "sub/LICENSE is under GPL-3.0", true},
		"both in one":   {[]Text{{"LICENSE", mit + "\n" + gpl}}, "GPL-3.0", true},
		"unknown":       {[]Text{{"LICENSE", "Ask me."}}, "0 % of it was recognised", true},
		"with a clause": {[]Text{{"LICENSE", mit + strings.Repeat("It must not be used on Sundays, nor by people who whistle. ", 4)}}, "is no licence that is known", true},
		"not UTF-8":     {[]Text{{"LICENSE", mit}, {"NOTICE", "Andr\xe9"}}, "not UTF-8", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			found, err := Licences(Module{Path: "example.com/m", Version: "v1", Texts: test.texts})
			if test.fails {
				if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "example.com/m@v1") {
					t.Errorf("%v, %v, want an error with %q", found, err, test.want)
				}
				return
			}
			if got := strings.Join(found, " "); err != nil || got != test.want {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestWrite(t *testing.T) {
	var b strings.Builder
	err := Write(&b, "v1.2.3", []Module{
		{Path: "std", Version: "go1.99", Programs: []string{"a", "b"}, Texts: []Text{{"LICENSE", mit}}},
		{Path: "example.com/m", Version: "v1", Programs: []string{"a"}, Texts: []Text{
			{"LICENSE", "\ufeff" + strings.ReplaceAll(strings.ReplaceAll(mit, "\n", "\r\n"), "without restriction, ", "without restriction,\r\n   ")},
			{"NOTICE", "m is by me.  \n\n"},
		}},
		{Path: "example.com/n", Version: "v2", Programs: []string{"b"}, Texts: []Text{{"LICENSE", apache(t)}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, want := range []string{
		"Third-party notices of dclaude v1.2.3\n",
		"\nGo's standard library, go1.99\n    MIT; in a, b\nexample.com/m@v1\n    MIT; in a\nexample.com/n@v2\n    Apache-2.0; in b\n",
		"\nGo's standard library, go1.99: LICENSE\nexample.com/m@v1: LICENSE\n====", // one text, whatever its lines end in
		"====\nexample.com/m@v1: NOTICE\n================================================================================\n\nm is by me.\n\n====",
		"====\nexample.com/n@v2: LICENSE\n====",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%.3000s", want, got)
		}
	}
	if n := strings.Count(got, "Permission is hereby granted"); n != 1 {
		t.Errorf("one text is there %d times", n)
	}
	if strings.ContainsAny(got, "\r\ufeff") {
		t.Error("line ends or marks of other systems are left")
	}
}

func TestWriteNamesAllThatIsWrong(t *testing.T) {
	var b strings.Builder
	err := Write(&b, "v1", []Module{{Path: "x"}, {Path: "y", Texts: []Text{{"LICENSE", mit}}}, {Path: "z", Texts: []Text{{"LICENSE", gpl}}}})
	if err == nil || !strings.Contains(err.Error(), "x@: ") || !strings.Contains(err.Error(), "z@: ") || b.Len() > 0 {
		t.Errorf("%v, wrote %d bytes", err, b.Len())
	}
}
