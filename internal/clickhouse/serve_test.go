package clickhouse

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEngineArgs(t *testing.T) {
	want := EngineOptions{Dir: "/a b", Library: "/lib", Memory: 1 << 40, Idle: 90 * time.Second, Ready: 3}
	got, err := ParseEngineArgs(want.args())
	if err != nil || got != want {
		t.Errorf("%v (-want +got)\n%s", err, cmp.Diff(want, got))
	}
	for _, args := range [][]string{nil, {"--dir", "x", "more"}, {"--no-such", "x"}} {
		if _, err := ParseEngineArgs(args); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}
