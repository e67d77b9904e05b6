package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Format returns the key's value in s as it is written in the file.
func (k Key) Format(s Settings) string {
	switch p := k.field(&s).(type) {
	case *string:
		return tomlString(*p)
	case *bool:
		return strconv.FormatBool(*p)
	case *float64:
		return strconv.FormatFloat(*p, 'f', -1, 64)
	case *int64:
		if k.Kind == Size {
			return formatSize(*p)
		}
		return strconv.FormatInt(*p, 10)
	case *[]string:
		return "[" + strings.Join(k.items(s), ", ") + "]"
	}
	return ""
}

// items writes those of a list as in the file; nil for any other kind.
func (k Key) items(s Settings) []string {
	list, ok := k.field(&s).(*[]string)
	if !ok {
		return nil
	}
	texts := make([]string, len(*list))
	for i, t := range *list {
		texts[i] = tomlString(t)
	}
	return texts
}

// formatSize writes bytes with the largest unit that they are a multiple of.
func formatSize(n int64) string {
	for i, unit := range []string{"t", "g", "m", "k"} {
		if size := int64(1) << (40 - 10*i); n != 0 && n%size == 0 {
			return strconv.Quote(strconv.FormatInt(n/size, 10) + unit)
		}
	}
	return strconv.FormatInt(n, 10)
}

// tomlString quotes text by the rules of TOML, which has fewer escapes than Go.
func tomlString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
