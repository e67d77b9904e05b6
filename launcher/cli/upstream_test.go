package cli

import (
	"reflect"
	"strings"
	"testing"
)

func TestUpstreamOf(t *testing.T) {
	for name, tt := range map[string]struct {
		environ []string
		want    upstream
		warning string
	}{
		"none":          {nil, upstream{}, ""},
		"https first":   {[]string{"http_proxy=http://a.example:1", "HTTPS_PROXY=http://b.example:2"}, upstream{url: "http://b.example:2"}, ""},
		"no scheme":     {[]string{"https_proxy=proxy.example:3128"}, upstream{url: "http://proxy.example:3128"}, ""},
		"a password":    {[]string{"https_proxy=http://u:hush@proxy.example:3128"}, upstream{url: "http://u:hush@proxy.example:3128"}, ""},
		"loopback":      {[]string{"https_proxy=http://u:hush@127.0.0.1:3128"}, upstream{}, "loopback"},
		"localhost":     {[]string{"https_proxy=http://LOCALHOST:3128"}, upstream{}, "loopback"},
		"socks":         {[]string{"https_proxy=socks5://u:hush@proxy.example"}, upstream{}, "not an http:// proxy"},
		"rubbish":       {[]string{"https_proxy=http://u:hush@[::1"}, upstream{}, "not an address"},
		"for all":       {[]string{"https_proxy=http://p.example", "NO_PROXY=*"}, upstream{}, ""},
		"with exempted": {[]string{"https_proxy=http://p.example", "no_proxy=localhost, .corp.example,10.0.0.0/8,10.1.2.3,*.x.example,a b:c:d"}, upstream{url: "http://p.example", direct: []string{"localhost", "corp.example", "*.corp.example", "10.0.0.0/8", "10.1.2.3", "x.example", "*.x.example", "a"}}, ""},
	} {
		got, warnings := upstreamOf(tt.environ)
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v", name, got)
		}
		text := ""
		for _, w := range warnings {
			text += w.Text + w.Hint
		}
		if (tt.warning == "") != (text == "") || !strings.Contains(text, tt.warning) || strings.Contains(text, "hush") {
			t.Errorf("%s: warning %q", name, text)
		}
	}
}
