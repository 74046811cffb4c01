package cdr

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func plainClock(zone *time.Location) *clock {
	return &clock{layouts: []timeLayout{{epoch: true, text: "epoch"}, {local: true, plain: true, text: plainLayout}, {local: true, text: "02.01.2006 15:04"}, {text: time.RFC3339}}, zone: zone}
}

// TestClockFindsTheInstant: whatever a clock shows, the instant at which it did
// is one of the readings, in zones with whole, half and odd offsets.
func TestClockFindsTheInstant(t *testing.T) {
	for _, name := range []string{"Europe/Stockholm", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		c := plainClock(zone)
		rapid.Check(t, func(t *rapid.T) {
			at := time.UnixMilli(rapid.Int64Range(820454400000, 2524608000000).Draw(t, "ms")).UTC()
			got, err := c.parse([]byte(at.In(zone).Format("2006-01-02 15:04:05.000")))
			if err != nil || !got.earliest.Equal(at) && !got.latest.Equal(at) || got.earliest.After(got.latest) {
				t.Fatalf("%s in %s is read as %v, %v", at, name, got, err)
			}
		})
	}
}

// TestClockNights walks through both nights of Stockholm second by second.
func TestClockNights(t *testing.T) {
	c := plainClock(stockholm(t))
	for at, twice := time.Date(2026, 10, 24, 23, 0, 0, 0, time.UTC), 0; ; at = at.Add(time.Second) {
		got, err := c.parse([]byte(at.In(c.zone).Format(plainLayout)))
		if err != nil || !got.earliest.Equal(at) && !got.latest.Equal(at) {
			t.Fatalf("autumn: %s is read as %v, %v", at, got, err)
		}
		if got.earliest != got.latest {
			twice++
		}
		if at.Hour() == 3 {
			if twice != 7200 {
				t.Errorf("%d seconds of the autumn night are ambiguous, not 7200", twice)
			}
			break
		}
	}
	never := 0
	for wall := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC); wall.Hour() < 5; wall = wall.Add(time.Second) {
		if _, err := c.parse([]byte(wall.Format(plainLayout))); err != nil {
			never++
		}
	}
	if never != 3600 {
		t.Errorf("%d seconds of the spring night are refused, not 3600", never)
	}
}

func TestClockTexts(t *testing.T) {
	c := plainClock(stockholm(t))
	for text, want := range map[string]string{
		"1795294800":                 "2026-11-21T21:00:00Z",
		"1795294800.125":             "2026-11-21T21:00:00.125Z",
		"1795294800.123456":          "2026-11-21T21:00:00.123456Z",
		"2026-11-21 22:00:00.000001": "2026-11-21T21:00:00.000001Z",
		"21.11.2026 22:00":           "2026-11-21T21:00:00Z",
		"2026-11-21T22:00:00+01:00":  "2026-11-21T21:00:00Z",
		"2026-06-21 22:00:00":        "2026-06-21T20:00:00Z",
	} {
		if got, err := c.parse([]byte(text)); err != nil || got.earliest.Format(time.RFC3339Nano) != want {
			t.Errorf("%q is read as %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "0000-00-00 00:00:00"} {
		if got, err := c.parse([]byte(text)); err != nil || !got.earliest.IsZero() {
			t.Errorf("%q is read as %v, %v, want no time", text, got, err)
		}
	}
	for _, text := range []string{"x", "1795294800.", "17952948000000", "2026-11-21 22:00", "2026-11-21 24:00:00", "2026-11-21 22:60:00", "2026-11-31 22:00:00", "2026-11-21 22:00:00.", "2026-11-21 22:00:00,1", "1970-01-01 01:00:00", "-795294800", "2026-11-21 22:00:00.1234567890"} {
		if got, err := c.parse([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	if _, err := plainClock(nil).parse([]byte("2026-11-21 22:00:00")); !errors.Is(err, ErrNoZone) {
		t.Errorf("a local time without a zone: %v", err)
	}
}
