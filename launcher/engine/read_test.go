package engine

import (
	"archive/tar"
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// tarOf is an archive of one entry.
func tarOf(t *testing.T, h tar.Header, content string) string {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	h.Name, h.Size = "list", int64(len(content))
	if err := w.WriteHeader(&h); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestReadFile(t *testing.T) {
	stat := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Docker-Container-Path-Stat", "e30=")
			_, _ = w.Write([]byte(body))
		}
	}
	file := tarOf(t, tar.Header{Typeflag: tar.TypeReg}, "content")
	const get = "GET /containers/c/archive"
	e := connected(t,
		call{want: get, handle: stat(file), check: func(t *testing.T, r *http.Request) {
			if got := r.URL.Query().Get("path"); got != "/etc/list" {
				t.Errorf("path %q", got)
			}
		}},
		call{want: get, handle: stat(file)},
		call{want: get, handle: stat(tarOf(t, tar.Header{Typeflag: tar.TypeSymlink, Linkname: "/etc/shadow"}, ""))},
		call{want: get, handle: stat("no archive")},
		call{want: get, status: http.StatusNotFound, body: `{"message":"Could not find the file /etc/list in container c"}`},
	)
	if b, err := e.ReadFile(t.Context(), "c", "/etc/list", 7); err != nil || string(b) != "content" {
		t.Errorf("%q, %v", b, err)
	}
	for _, want := range []string{"over 6 bytes", "not a regular file", "EOF"} {
		if _, err := e.ReadFile(t.Context(), "c", "/etc/list", 6); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := e.ReadFile(t.Context(), "c", "/etc/list", 6); !IsKind(err, KindNotFound) {
		t.Errorf("missing: %v", err)
	}
}

func TestLogs(t *testing.T) {
	frame := "\x01\x00\x00\x00\x00\x00\x00\x05line\n\x02\x00\x00\x00\x00\x00\x00\x01x"
	e := connected(t,
		call{want: "GET /containers/c/logs", body: frame, check: func(t *testing.T, r *http.Request) {
			if q := r.URL.Query(); q.Get("tail") != "3" || q.Get("follow") != "1" || q.Get("stdout") != "1" || q.Get("stderr") != "" {
				t.Errorf("query %v", q)
			}
		}},
		call{want: "GET /containers/c/logs", status: http.StatusNotFound, body: `{"message":"No such container: c"}`, check: func(t *testing.T, r *http.Request) {
			if got := r.URL.Query().Get("tail"); got != "" { // the default: all
				t.Errorf("tail %q", got)
			}
		}},
	)
	var out bytes.Buffer
	if err := e.Logs(t.Context(), "c", LogOptions{Lines: 3, Follow: true}, &out); err != nil || out.String() != "line\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if err := e.Logs(t.Context(), "c", LogOptions{Lines: -1}, &out); !IsKind(err, KindNotFound) {
		t.Errorf("missing: %v", err)
	}
}
