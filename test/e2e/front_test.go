package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// front is a socket before the lab's engine that changes what the engine says
// or is asked: another engine, with the same containers.
type front struct {
	// info changes the engine's description of itself.
	info func(map[string]any)
	// create changes a request for a container.
	create func(map[string]any)
	// refuse is the answer to a request for a container instead of one.
	refuse func(map[string]any) string
}

// start serves the front and returns its address.
func (f front) start(t *testing.T, engine string) string {
	t.Helper()
	socket := strings.TrimPrefix(engine, "unix://")
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", "engine" },
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}},
		FlushInterval: -1,
		ModifyResponse: func(r *http.Response) error {
			if f.info == nil || r.StatusCode != http.StatusOK || !strings.HasSuffix(r.Request.URL.Path, "/info") {
				return nil
			}
			b, err := change(r.Body, f.info)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			r.Header.Set("Content-Length", strconv.Itoa(len(b)))
			return err
		},
	}
	serve := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/containers/create") {
			refusal := ""
			b, err := change(r.Body, func(c map[string]any) {
				if f.create != nil {
					f.create(c)
				}
				if f.refuse != nil {
					refusal = f.refuse(c)
				}
			})
			if err != nil || refusal != "" {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				json.NewEncoder(w).Encode(map[string]string{"message": refusal})
				return
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		}
		proxy.ServeHTTP(w, r)
	}
	path := filepath.Join(t.TempDir(), "engine.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(serve)}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return "unix://" + path
}

func change(body io.Reader, f func(map[string]any)) ([]byte, error) {
	var v map[string]any
	if err := json.NewDecoder(body).Decode(&v); err != nil {
		return nil, err
	}
	f(v)
	return json.Marshal(v)
}

// unregistered is an engine that nobody has configured anything on.
func unregistered(info map[string]any) {
	info["Runtimes"] = map[string]any{"runc": map[string]any{"path": "runc"}}
}
