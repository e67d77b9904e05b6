package lab

import (
	"reflect"
	"strings"
	"testing"
)

func TestMountsBelow(t *testing.T) {
	const info = `22 1 254:0 / / rw - ext4 /dev/vda rw
30 22 0:50 / /lab/data/overlay2/x/merged rw - overlay overlay rw
31 30 0:51 / /lab/data/overlay2/x/merged/deep rw - tmpfs tmpfs rw
32 22 0:52 / /lab/data\040other rw - tmpfs tmpfs rw
33 22 0:4 net:[1] /run/lab/exec/netns/default rw - nsfs nsfs rw
34 22 0:53 / /lab/data rw - tmpfs tmpfs rw
short line
`
	got := mountsBelow(info, "/lab/data", "/run/lab")
	want := []string{"/lab/data", "/run/lab/exec/netns/default", "/lab/data/overlay2/x/merged/deep", "/lab/data/overlay2/x/merged"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := mountsBelow(info, "/lab/data other"); !reflect.DeepEqual(got, []string{"/lab/data other"}) {
		t.Errorf("a path with a blank: %v", got)
	}
}

func TestUnescape(t *testing.T) {
	if got := unescape(`/a\040b\011c\012d\134e`); got != "/a b\tc\nd\\e" {
		t.Errorf("got %q", got)
	}
}

func TestBridgesOf(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	if got := bridgesOf(id + "\nshort\n"); !reflect.DeepEqual(got, []string{"br-0123456789ab"}) {
		t.Errorf("got %v", got)
	}
}

func TestUnmountBelowWhereNothingIsMounted(t *testing.T) {
	if err := unmountBelow(t.TempDir()); err != nil {
		t.Error(err)
	}
}
