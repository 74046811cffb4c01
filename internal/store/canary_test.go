package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vmaudit/internal/store"
)

func TestCanaries(t *testing.T) {
	s := newDesk(t).store
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	first := store.Canary{ID: "0123456789ab", Mailbox: "4101", Change: "upgrade", Caller: "t:1", Class: "external", By: "Alva Ek", At: at}
	var unknown *store.UnknownChangeError
	if err := s.AddCanary(t.Context(), first); !errors.As(err, &unknown) {
		t.Fatalf("a canary for no change: %v", err)
	}
	if err := s.AddChange(t.Context(), store.Change{ID: "upgrade", From: at, Basis: "stated"}, false); err != nil {
		t.Fatal(err)
	}
	second := store.Canary{ID: "0123456789ac", Mailbox: "4100", Change: "upgrade", By: "Pär Ask", At: at}
	for _, c := range []store.Canary{first, second} {
		if err := s.AddCanary(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	var exists *store.CanaryExistsError
	if err := s.AddCanary(t.Context(), store.Canary{ID: first.ID, Mailbox: "4109", Change: "upgrade", At: at}); !errors.As(err, &exists) {
		t.Errorf("the same identity again: %v", err)
	}
	got, err := s.Canaries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]store.Canary{second, first}, got, cmpopts.IgnoreFields(store.Canary{}, "Minted")); d != "" {
		t.Errorf("canaries (-want +got):\n%s", d)
	}
}
