package keychain

import (
	"context"
	"errors"
	"testing"
	"time"
)

// printed is what security prints for an item when it is not asked for the
// secret.
const printed = `keychain: "/Users/anna/Library/Keychains/login.keychain-db"
version: 512
class: "genp"
attributes:
    0x00000007 <blob>="Claude Code-credentials"
    0x00000008 <blob>=<NULL>
    "acct"<blob>="anna"
    "cdat"<timedate>=0x32303235303130313030303030305A00  "20250101000000Z\000"
    "crtr"<uint32>=<NULL>
    "mdat"<timedate>=0x32303236303133313233353935395A00  "20260131235959Z\000"
    "svce"<blob>="Claude Code-credentials"
    "type"<uint32>=<NULL>
`

func TestParseAttributes(t *testing.T) {
	at := time.Date(2026, 1, 31, 23, 59, 59, 0, time.UTC)
	for _, tc := range []struct {
		name, in string
		want     item
	}{
		{"as printed", printed, item{"anna", at}},
		{"account in hexadecimal", `"acct"<blob>=0xC3A4  "\303\244"`, item{}},
		{"no account", `"acct"<blob>=<NULL>`, item{}},
		{"account with an equals sign", `"acct"<blob>="a=b"`, item{"a=b", time.Time{}}},
		{"broken date", `"mdat"<timedate>=0x00  "yesterday\000"`, item{}},
		{"no date", `"mdat"<timedate>=<NULL>`, item{}},
		{"nothing", "", item{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := parseAttributes([]byte(tc.in)); got.account != tc.want.account || !got.modified.Equal(tc.want.modified) {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

// toolFunc is a runner of one function.
type toolFunc func(args []string) ([]byte, int, error)

func (f toolFunc) run(_ context.Context, args ...string) ([]byte, int, error) { return f(args) }

func TestListWithSecurity(t *testing.T) {
	broken := errors.New("broken")
	cases := []struct {
		name string
		out  string
		code int
		err  error
		want int
		fail error
	}{
		{"one", printed, 0, nil, 1, nil},
		{"none", "", 44, nil, 0, nil},
		{"locked", "", 36, nil, 0, ErrLocked},
		{"no tool", "", 0, broken, 0, broken},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			list := listWithSecurity(toolFunc(func(args []string) ([]byte, int, error) {
				for _, a := range args {
					if a == "-w" || a == "-g" {
						t.Errorf("asks for the secret: %q", args)
					}
				}
				return []byte(tc.out), tc.code, tc.err
			}))
			items, err := list(t.Context(), "S")
			if len(items) != tc.want || !errors.Is(err, tc.fail) {
				t.Errorf("%v, %v", items, err)
			}
		})
	}
}

func FuzzParseAttributes(f *testing.F) {
	f.Add([]byte(printed))
	f.Add([]byte(`"mdat"<timedate>="`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if it := parseAttributes(in); it.modified.Year() > 9999 {
			t.Error(it)
		}
	})
}
