package manpage

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"dclaude/test/lab"
)

func tree() *cobra.Command {
	run := func(*cobra.Command, []string) {}
	root := &cobra.Command{Use: "tool [folder]", Short: "Do things", Run: run, Long: `First line
of a paragraph.

  tool ~/x        an example
  .tool 'a\nb'    another

Last paragraph.
.SH NOT A HEADING`}
	root.Flags().StringP("host", "H", "", "address of the `ENGINE`")
	root.Flags().StringArray("allow", nil, "HOST")
	root.Flags().Bool("secret", false, "")
	if err := root.Flags().MarkHidden("secret"); err != nil {
		panic(err)
	}
	root.PersistentFlags().Bool("json", false, "print JSON")
	ls := &cobra.Command{Use: "ls", Aliases: []string{"ps"}, Short: "List", Run: run, Example: "  tool ls"}
	hidden := &cobra.Command{Use: "internal", Hidden: true, Run: run}
	root.AddCommand(ls, hidden)
	return root
}

func pages(t *testing.T) map[string]string {
	t.Helper()
	h := Header{
		Date: time.Unix(0, 0), Version: "1.2", Values: map[string]string{"allow": "HOST[:PORT]"},
		Extra: []Section{{Title: "Files", Text: "What is kept.", Terms: []Term{{"~/.tool", "all"}}}},
	}
	got := map[string]string{}
	for _, p := range Pages(tree(), h) {
		got[p.File] = p.Text
	}
	return got
}

func TestPages(t *testing.T) {
	got := pages(t)
	if len(got) != 2 {
		t.Fatalf("got %d pages, want those of tool and ls, without hidden commands", len(got))
	}
	for file, want := range map[string][]string{
		"tool.1": {
			".TH \"TOOL\" 1 \"1970-01-01\" \"tool 1.2\" \"Do things\"\n",
			".SH NAME\ntool \\- Do things\n",
			".SH DESCRIPTION\nFirst line\nof a paragraph.\n.PP\n.nf\n  tool \\(ti/x        an example\n",
			"  .tool \\(aqa\\enb\\(aq    another\n.fi\n",
			"\n\\&.SH NOT A HEADING\n",
			".SH COMMANDS\n.TP\n.B ls\nList\n",
			".TP\n.B \\-H, \\-\\-host VALUE\naddress of the ENGINE\n",
			".B \\-\\-allow HOST[:PORT]\n",
			".SH FILES\nWhat is kept.\n.TP\n.B \\(ti/.tool\nall\n",
			".BR tool\\-ls (1)\n",
		},
		"tool-ls.1": {"Also called: ps.", ".SH EXAMPLES", ".SH INHERITED OPTIONS\n.TP\n.B \\-\\-json\nprint JSON\n", ".BR tool (1)\n"},
	} {
		for _, w := range want {
			if !strings.Contains(got[file], w) {
				t.Errorf("%s has no %q:\n%s", file, w, got[file])
			}
		}
	}
	for _, not := range []string{"secret", "internal"} {
		if strings.Contains(got["tool.1"], not) {
			t.Errorf("the page tells of %q, which is hidden", not)
		}
	}
	if strings.Contains(got["tool-ls.1"], "FILES") {
		t.Error("the root's section is in another page")
	}
}

// The formatter of this machine has nothing to complain of.
func TestFormatter(t *testing.T) {
	groff := lab.RequireTool(t, "groff")
	for file, text := range pages(t) {
		cmd := exec.Command(groff, "-man", "-Tutf8", "-ww")
		cmd.Stdin = strings.NewReader(text)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil || stderr.Len() > 0 {
			t.Errorf("%s: %v\n%s", file, err, &stderr)
		}
		if file == "tool.1" && !strings.Contains(string(out), `.tool 'a\nb'    another`) {
			t.Errorf("formatted:\n%s", out)
		}
	}
}
