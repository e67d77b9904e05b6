package creds

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

type fakeStore struct {
	name  string
	cred  Credential
	err   error
	reads int
}

func (f *fakeStore) Read(context.Context) (Credential, error) { f.reads++; return f.cred, f.err }
func (f *fakeStore) Describe() string                         { return f.name }

func TestFirstOf(t *testing.T) {
	a, b := Credential{Access: NewSecret("a")}, Credential{Access: NewSecret("b"), Warnings: []error{errors.New("mode")}}
	locked := errors.New("locked")
	cases := []struct {
		name     string
		first    fakeStore
		second   fakeStore
		want     string
		err      error
		warnings int
		asked    int // how often the second store is asked
	}{
		{"first has it", fakeStore{cred: a}, fakeStore{cred: b}, "a", nil, 0, 0},
		{"second has it", fakeStore{err: ErrMissing}, fakeStore{cred: b}, "b", nil, 1, 1},
		{"first is locked", fakeStore{err: locked}, fakeStore{cred: b}, "b", nil, 2, 1},
		{"first cannot be read", fakeStore{err: ErrUnreadable}, fakeStore{cred: b}, "", ErrUnreadable, 0, 0},
		{"none", fakeStore{err: ErrMissing}, fakeStore{err: ErrMissing}, "", ErrMissing, 0, 1},
		{"locked and none", fakeStore{err: locked}, fakeStore{err: ErrMissing}, "", locked, 0, 1},
		{"none and broken", fakeStore{err: ErrMissing}, fakeStore{err: ErrUnreadable}, "", ErrUnreadable, 0, 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got, err := FirstOf(&tc.first, &tc.second).Read(t.Context())
			if !errors.Is(err, tc.err) || got.Access.Reveal() != tc.want || len(got.Warnings) != tc.warnings || tc.second.reads != tc.asked {
				t.Errorf("%v, %v, warnings %v, second asked %d times", got, err, got.Warnings, tc.second.reads)
			}
		})
	}
}

func TestFirstOfNamesAllPlaces(t *testing.T) {
	s := FirstOf(&fakeStore{name: "the keychain", err: ErrMissing}, &fakeStore{name: "a file", err: ErrMissing})
	_, err := s.Read(t.Context())
	if s.Describe() != "the keychain or a file" || err.Error() != "the keychain or a file: no Claude login" || hintOf(err) != hintSignIn {
		t.Errorf("%q: %v", s.Describe(), err)
	}
}

func TestFirstOfStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	second := &fakeStore{}
	_, err := FirstOf(&fakeStore{err: context.Canceled}, second).Read(ctx)
	if !errors.Is(err, context.Canceled) || second.reads != 0 {
		t.Errorf("%v, second asked %d times", err, second.reads)
	}
}

func TestLocate(t *testing.T) {
	const config, secure = "CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR"
	home := filepath.Join("/", "home", "u")
	standard := Location{Dir: filepath.Join(home, ".claude")}
	at := func(dir string) Location { return Location{Dir: dir, Custom: dir} }
	cases := []struct {
		name string
		env  map[string]string
		want Location
	}{
		{"nothing set", nil, standard},
		{"config", map[string]string{config: "/c"}, at("/c")},
		{"empty config", map[string]string{config: ""}, standard},
		{"relative", map[string]string{config: "c"}, at("c")},
		{"both", map[string]string{config: "/c", secure: "/s"}, at("/s")},
		{"moved back", map[string]string{config: "/c", secure: ""}, standard},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got := Locate(home, func(k string) (string, bool) { v, ok := tc.env[k]; return v, ok })
			if got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}
