package guest

import (
	"reflect"
	"testing"

	"dclaude/launcher/handoff"
)

func TestIdentify(t *testing.T) {
	tests := []struct {
		name       string
		uid, gid   int
		passwd     string
		wantUID    int
		wantGID    int
		uids, gids []idMap
	}{
		{"the usual", 501, 20, somePasswd, 501, 20, []idMap{{0, nobody}, {501, 501}}, []idMap{{0, nobody}, {20, 20}}},
		{"a folder of root's", 0, 0, somePasswd, 501, 20, []idMap{{0, nobody}, {501, 0}}, []idMap{{0, nobody}, {20, 0}}},
		{"root's group only", 1000, 0, somePasswd, 1000, 20, []idMap{{0, nobody}, {1000, 1000}}, []idMap{{0, nobody}, {20, 0}}},
		{"nobody", nobody, nobody, somePasswd, nobody, nobody, []idMap{{0, nobodysTwin}, {nobody, nobody}}, []idMap{{0, nobodysTwin}, {nobody, nobody}}},
		{"nobody's group", 7, nobody, somePasswd, 7, nobody, []idMap{{0, nobodysTwin}, {7, 7}}, []idMap{{0, nobodysTwin}, {nobody, nobody}}},
		{"an image without the user", 0, 0, "root:x:0:0:root:/root:/bin/sh\n", 501, 20, []idMap{{0, nobody}, {501, 0}}, []idMap{{0, nobody}, {20, 0}}},
		{"an image whose user is root", 0, 0, "claude:x:0:0::/:/bin/sh\n", 501, 20, []idMap{{0, nobody}, {501, 0}}, []idMap{{0, nobody}, {20, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := identify(handoff.Handoff{UID: tt.uid, GID: tt.gid}, []byte(tt.passwd))
			if got.UID != tt.wantUID || got.GID != tt.wantGID {
				t.Errorf("inside as %d:%d, want %d:%d", got.UID, got.GID, tt.wantUID, tt.wantGID)
			}
			if !reflect.DeepEqual(got.UIDs, tt.uids) || !reflect.DeepEqual(got.GIDs, tt.gids) {
				t.Errorf("maps %v and %v, want %v and %v", got.UIDs, got.GIDs, tt.uids, tt.gids)
			}
			if got.UID == 0 {
				t.Error("the session is root")
			}
			if got.UIDs[0].Outside == 0 {
				t.Error("root of the sandbox is root of the container")
			}
		})
	}
}
