package cli

import "testing"

func TestWrap(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"short", "short"},
		{"", ""},
		{"one two three four", "one two\nthree four"},
		{"a\nb", "a\nb"},
		{"first paragraph\nis\n\nsecond", "first\nparagraph\nis\n\nsecond"},
		{"  an example that is long\nx", "  an example that is long\nx"},
		{"averyverylongword is", "averyverylongword\nis"},
	} {
		if got := wrap(tt.text, 11); got != tt.want {
			t.Errorf("%q:\n%q, want\n%q", tt.text, got, tt.want)
		}
	}
}
