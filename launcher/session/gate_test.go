package session

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/image"
)

// doorman is a gate with fixed answers.
type doorman struct {
	known, why string
	err        error
	tried      []string
}

func (d *doorman) Known(context.Context, image.Wanted) (string, error) { return d.known, d.err }

func (d *doorman) Try(_ context.Context, ref string, _ image.Wanted) (string, error) {
	d.tried = append(d.tried, ref)
	return d.why, d.err
}

// A new Claude Code takes the place of one that works only by the gate; where
// nothing works yet, or what works is another dclaude's, there is no choice.
func TestGate(t *testing.T) {
	look := step{call: "image claude-sandbox"}
	none := step{call: "image claude-sandbox", err: failure(engine.KindNoImage)}
	candidate := step{call: "build claude-sandbox:candidate"}
	gone := step{call: "remove image claude-sandbox:candidate"}
	promoted := step{call: "tag claude-sandbox:candidate claude-sandbox"}
	plain := step{call: "build claude-sandbox"}
	other, old := wanted, wanted
	other.ClaudeVersion, old.Digest = "2.0.0", "sha256:old"
	broken := errors.New("the engine is gone")
	tests := []struct {
		name    string
		have    map[string]string
		change  func(*ImageRequest)
		gate    doorman
		steps   []step
		tried   bool
		says    string // of a rejection
		failure error
	}{
		{"another version that works", other.Labels(), nil, doorman{}, []step{look, look, candidate, promoted, look, gone}, true, "", nil},
		{"another version that does not", other.Labels(), nil, doorman{why: "it hangs"}, []step{look, look, candidate, gone}, true, "it hangs", nil},
		{"one that is known not to", other.Labels(), nil, doorman{known: "it hung"}, []step{look}, false, "it hung", nil},
		{"an update", wanted.Labels(), func(r *ImageRequest) { r.Update, r.Claude = true, "2.1.999" }, doorman{}, []step{look, look, candidate, promoted, look, gone}, true, "", nil},
		{"an update asks again", other.Labels(), func(r *ImageRequest) { r.Update = true }, doorman{known: "it hung"}, []step{look, look, candidate, promoted, look, gone}, true, "", nil},
		{"a bad update", wanted.Labels(), func(r *ImageRequest) { r.Update, r.Claude = true, "2.1.999" }, doorman{why: "no"}, []step{look, look, candidate, gone}, true, "2.1.999", nil},
		{"a rebuild", wanted.Labels(), func(r *ImageRequest) { r.Rebuild = true }, doorman{}, []step{look, look, candidate, promoted, look, gone}, true, "", nil},
		{"the first image", nil, nil, doorman{why: "no"}, []step{none, none, plain, look}, false, "", nil},
		{"another dclaude's", old.Labels(), nil, doorman{why: "no"}, []step{look, look, plain, look}, false, "", nil},
		{"a trial that cannot be made", other.Labels(), nil, doorman{err: broken}, []step{look}, false, "", broken},
		{"an update that cannot be tried", wanted.Labels(), func(r *ImageRequest) { r.Update = true }, doorman{err: broken}, []step{look, look, candidate, gone}, true, "", broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, tt.steps...)
			f.image = engine.Image{ID: "sha256:1", Labels: tt.have}
			var said []string
			r := request(t, &said)
			r.Gate = &tt.gate
			if tt.change != nil {
				tt.change(&r)
			}
			got, err := EnsureImage(t.Context(), f, r)
			if len(tt.gate.tried) > 0 != tt.tried {
				t.Errorf("tried %q", tt.gate.tried)
			}
			var rejected *Rejected
			switch {
			case tt.failure != nil:
				if !errors.Is(err, tt.failure) {
					t.Errorf("error %v", err)
				}
			case tt.says != "":
				if !errors.As(err, &rejected) || !strings.Contains(err.Error(), tt.says) || rejected.Hint() == "" || got.ID != "sha256:1" {
					t.Errorf("got %+v, %v", got, err)
				}
			case err != nil || got.ID != "sha256:1":
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestCompatRemembers(t *testing.T) {
	c := Compat{Dir: t.TempDir()}
	if len(c.Remedies("id")) > 0 || c.Rejection("nested", "wanted") != "" {
		t.Error("something is remembered of nothing")
	}
	for _, err := range []error{
		c.Reject("nested", "wanted", "it hangs"),
		c.Accept("nested", "other", "id", []string{"BUN_JSC_useJIT=0"}),
		c.Accept("runc", "other", "id", nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := c.Remedies("id")
	if len(got) != 1 || got["nested"][0] != "BUN_JSC_useJIT=0" || len(c.Remedies("another")) > 0 {
		t.Errorf("remedies %v", got)
	}
	if c.Rejection("nested", "wanted") != "it hangs" || c.Rejection("runc", "wanted") != "" || c.Rejection("nested", "other") != "" {
		t.Error("rejections are mixed up")
	}
	if err := c.Accept("nested", "wanted", "id", nil); err != nil {
		t.Fatal(err)
	}
	if c.Latest() != (Rejection{}) {
		t.Errorf("the last rejection outlives a success: %+v", c.Latest())
	}
	if err := c.Reject("runc", "newer", "it fails"); err != nil || c.Latest().Why != "it fails" || time.Since(c.Latest().At) > time.Hour {
		t.Errorf("%+v, %v", c.Latest(), err)
	}
	if c.Rejection("nested", "wanted") != "" || len(c.Remedies("id")) > 0 {
		t.Error("a success does not replace what was before")
	}
	for i := range 3 * maxRemembered {
		if err := c.Reject("nested", strings.Repeat("x", i), "no"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.load()["nested"].Rejected); n > maxRemembered+1 {
		t.Errorf("%d rejections are kept", n)
	}
	if err := writeFile(c.path(), []byte("{broken")); err != nil {
		t.Fatal(err)
	}
	if c.Rejection("nested", "wanted") != "" || len(c.Remedies("id")) > 0 {
		t.Error("a broken memory was believed")
	}
}

func TestJudge(t *testing.T) {
	good := "noise\nThe tool said: " + smokeAnswer + " 2.1.330\n"
	tests := []struct {
		name, words string
		code        int
		version     string
		says        string
	}{
		{"works", good, 0, "2.1.330", ""},
		{"fails", "panic: \x1b[31mno memory\r\n", 1, "", "ended with code 1: panic: [31mno memory"},
		{"crashes after its answer", good, 134, "", "ended with code 134"},
		{"does not use its tool", "You said: nothing\n", 0, "", "did not use its tool: You said: nothing"},
		{"is silent", "", 0, "", "did not use its tool"},
	}
	for _, tt := range tests {
		version, err := judge(engine.Exit{Code: tt.code}, tt.words)
		if version != tt.version || (err == nil) != (tt.says == "") || (err != nil && !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %q, %v", tt.name, version, err)
		}
	}
}

func TestLastWords(t *testing.T) {
	if got := lastWords("dclaude: error: in the container: it is \x1b]52;c;x\x07 bad\r\n"); got != "it is ]52;c;x bad" {
		t.Errorf("got %q", got)
	}
	if got := lastWords(strings.Repeat("é", 1000) + " the end"); len(got) > maxWords+3 || !strings.HasSuffix(got, "the end") || !strings.HasPrefix(got, "...") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func TestRemediesBeginWithNone(t *testing.T) {
	for i, r := range Remedies() {
		if r.Name == "" || (len(r.Env) == 0) != (i == 0) {
			t.Errorf("remedy %d: %+v", i, r)
		}
	}
}
