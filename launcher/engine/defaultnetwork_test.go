package engine

import "testing"

// What engines list, shortened: Docker, Podman before 4.2 and since, and Docker
// without a bridge. A network that somebody has given the name is not taken for it.
func TestDefaultNetwork(t *testing.T) {
	const (
		docker  = `{"Id":"1","Name":"bridge","Driver":"bridge","Options":{"com.docker.network.bridge.default_bridge":"true"}}`
		renamed = `{"Id":"2","Name":"docker-net","Driver":"bridge","Options":{"com.docker.network.bridge.default_bridge":"true"}}`
		podman  = `{"Id":"3","Name":"podman","Driver":"bridge","Options":{}}`
		compat  = `{"Id":"4","Name":"bridge","Driver":"bridge","Options":{}}`
		inner   = `{"Id":"5","Name":"bridge","Driver":"bridge","Internal":true}`
		ours    = `{"Id":"6","Name":"podman","Driver":"bridge","Labels":{"dev.dclaude.role":"network"}}`
		rest    = `{"Id":"7","Name":"host","Driver":"host"},{"Id":"8","Name":"none","Driver":"null"},{"Id":"9","Name":"mine","Driver":"bridge"}`
	)
	for list, want := range map[string]string{
		docker + "," + rest:                "bridge",
		rest + "," + podman + "," + docker: "bridge",
		compat + "," + renamed:             "docker-net",
		rest + "," + podman:                "podman",
		compat + "," + rest:                "bridge",
		rest:                               "",
		inner + "," + ours + "," + rest:    "",
	} {
		calls := []call{{want: "GET /networks", body: "[" + list + "]"}}
		if want != "" {
			calls = append(calls, call{want: "POST /networks/" + want + "/connect", check: bodyIs(`{"Container":"gateway"}`)})
		}
		e := connected(t, calls...)
		networks, err := e.Networks(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		n, ok := DefaultNetwork(networks)
		if n.Name != want || ok != (want != "") {
			t.Errorf("%s: %q, %t", list, n.Name, ok)
		}
		if !ok {
			continue
		}
		if err := e.ConnectNetwork(t.Context(), n.Name, "gateway"); err != nil {
			t.Errorf("%s: %v", list, err)
		}
	}
}
