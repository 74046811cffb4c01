package cdr

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree is a voicemail spool in memory.
type tree struct{ fstest.MapFS }

var (
	spoken = time.Date(2026, 11, 21, 21, 49, 49, 0, time.UTC)
	looked = time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)
)

// message puts a message of ten seconds at dir ("default/4102/INBOX/msg0000"),
// modified so long after its end. What is in set replaces or, if empty, removes
// fields of its metadata.
func (w tree) message(dir string, after time.Duration, sound string, set ...string) {
	box := filepath.Base(filepath.Dir(filepath.Dir(dir)))
	fields := map[string]string{
		"origmailbox": box, "context": "vm", "exten": box, "rdnis": "unknown", "callerchan": "PJSIP/trunk-00000026",
		"callerid": `"0701740674" <0701740674>`, "origtime": fmt.Sprint(spoken.Unix()), "msg_id": fmt.Sprintf("%d-00000022", spoken.Unix()), "duration": "10",
	}
	for i := 0; i < len(set); i += 2 {
		fields[set[i]] = set[i+1]
	}
	text := ";\n; Message Information file\n;\n[message]\n"
	for name, value := range fields {
		if value != "" {
			text += name + "=" + value + "\n"
		}
	}
	w.file(dir+".txt", text, spoken.Add(10*time.Second+after))
	w.file(dir+".wav", sound, spoken.Add(10*time.Second+after))
}

func (w tree) file(name, text string, modified time.Time) {
	w.MapFS[name] = &fstest.MapFile{Data: []byte(text), ModTime: modified, Mode: 0o600}
}

// list lists the tree and reads the listing; each record is written in short.
func list(t *testing.T, root fs.FS) (SpoolCount, []string, []seen) {
	t.Helper()
	var listing bytes.Buffer
	count, err := ListSpool(t.Context(), &listing, root, looked)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readAll(NewReader(&listing, format(t, "asterisk-spool"), ReaderOptions{Numbers: numbers(t)}))
	if err != nil {
		t.Fatal(err)
	}
	var short []string
	for _, r := range rows {
		text := "reject: " + r.Reject
		if r.Reject == "" {
			f := r.Fields
			at, _ := time.Parse(time.RFC3339Nano, r.Times[0])
			text = strings.Join(slices.DeleteFunc([]string{f["event"], at.Format("15:04:05.000"), f["action"], f["mailbox"], f["folder"], strings.Join(r.Msgs, " "),
				"for " + f["dialled"], f["caller class"], f["channel"]}, func(s string) bool { return s == "" || s == "for " }), " ")
		}
		short = append(short, text)
	}
	return count, short, rows
}

func TestSpool(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(w tree)
		want  []string
		count SpoolCount
	}{
		{"new", func(w tree) { w.message("default/4102/INBOX/msg0000", 0, "hej") },
			[]string{"left 21:49:49.000 deposit 4102 1795297789-00000022 for 4102 external PJSIP-00000026"}, SpoolCount{Mailboxes: 1, Messages: 1}},
		{"heard", func(w tree) { w.message("default/4102/Old/msg0000", 90*time.Second, "hej") },
			[]string{"left 21:49:49.000 deposit 4102 1795297789-00000022 for 4102 external PJSIP-00000026", "moved 21:51:29.000 playback 4102 Old 1795297789-00000022"},
			SpoolCount{Mailboxes: 1, Messages: 1, Moved: 1, TimesUnchecked: true}},
		{"nothing but a saved message", func(w tree) {
			w.message("default/4102/Work/msg0000", time.Minute, "hej")
			w.file("default/4103/INBOX/.keep", "", spoken)
		},
			[]string{"left 21:49:49.000 deposit 4102 1795297789-00000022 for 4102 external PJSIP-00000026", "moved 21:50:59.000 playback 4102 Work 1795297789-00000022"},
			SpoolCount{Mailboxes: 2, Messages: 1, Moved: 1, TimesUnchecked: true}},
		{"a context without the root", func(w tree) { w.message("4102/INBOX/msg0000", 0, "hej") },
			[]string{"left 21:49:49.000 deposit 4102 1795297789-00000022 for 4102 external PJSIP-00000026"}, SpoolCount{Mailboxes: 1, Messages: 1}},
		{"another context", func(w tree) { w.message("school/4102/INBOX/msg0000", 0, "hej") },
			[]string{"left 21:49:49.000 deposit 4102@school 1795297789-00000022 for 4102 external PJSIP-00000026"}, SpoolCount{Mailboxes: 1, Messages: 1}},
		{"misdelivered", func(w tree) { w.message("default/4114/INBOX/msg0000", 0, "hej", "exten", "4110") },
			[]string{"left 21:49:49.000 deposit 4114 1795297789-00000022 for 4110 external PJSIP-00000026"}, SpoolCount{Mailboxes: 1, Messages: 1}},
		{"forwarded by a colleague", func(w tree) {
			w.message("default/4114/INBOX/msg0000", 0, "hej", "origmailbox", "4102", "exten", "4102")
		},
			[]string{"left 21:49:49.000 deposit 4102 1795297789-00000022 for 4102 external PJSIP-00000026"}, SpoolCount{Mailboxes: 1, Messages: 1}},
		{"no caller, an old Asterisk", func(w tree) {
			w.message("default/4102/INBOX/msg0000", 0, "hej", "callerid", "Unknown", "msg_id", "")
		},
			[]string{"left 21:49:49.000 deposit 4102 1795297789-00000026 for 4102 withheld PJSIP-00000026"}, SpoolCount{Mailboxes: 1, Messages: 1}},
		{"damaged", func(w tree) { w.message("default/4102/INBOX/msg0000", 0, "hej", "origtime", "soon") },
			[]string{"reject: the row has no time"}, SpoolCount{Mailboxes: 1, Messages: 1, Unread: 1, TimesUnchecked: true}},
		{"a greeting that is a message", func(w tree) {
			w.message("default/4105/INBOX/msg0000", 0, "a message")
			w.file("default/4101/INBOX/.keep", "", spoken)
			w.file("default/4101/unavail.wav", "a message", looked.Add(-time.Minute))
			w.file("default/4102/INBOX/.keep", "", spoken)
			w.file("default/4102/unavail.wav", "A message", looked) // as long, another sound
		}, []string{"left 21:49:49.000 deposit 4105 1795297789-00000022 for 4105 external PJSIP-00000026", "greeting 21:59:00.000 4101 unavail 4105/INBOX/1795297789-00000022"},
			SpoolCount{Mailboxes: 3, Messages: 1, Greetings: 1}},
		{"a greeting of which nobody knows since when", func(w tree) {
			w.message("default/4105/INBOX/msg0000", 0, "a message")
			w.file("default/4105/temp.wav", "a message", spoken.Add(10*time.Second)) // cp -p
		}, []string{"left 21:49:49.000 deposit 4105 1795297789-00000022 for 4105 external PJSIP-00000026", "greeting-undated 21:49:59.000 4105 temp INBOX/1795297789-00000022"},
			SpoolCount{Mailboxes: 1, Messages: 1, Greetings: 1}},
		{"copied without its times", func(w tree) {
			w.message("default/4102/INBOX/msg0000", 3*time.Hour, "hej")
			w.message("default/4102/Old/msg0000", 3*time.Hour, "hej", "msg_id", "1795297789-00000001")
		}, []string{"left 21:49:49.000 deposit 4102 1795297789-00000022 for 4102 external PJSIP-00000026", "left 21:49:49.000 deposit 4102 1795297789-00000001 for 4102 external PJSIP-00000026", "reject: the row has no time"},
			SpoolCount{Mailboxes: 1, Messages: 2, Moved: 1, TimesLost: true}},
		{"heard before it was left", func(w tree) { w.message("default/4102/Old/msg0000", -time.Hour, "hej") },
			[]string{"left 21:49:49.000 deposit 4102 1795297789-00000022 for 4102 external PJSIP-00000026", "reject: the row has no time"}, SpoolCount{Mailboxes: 1, Messages: 1, Moved: 1, TimesUnchecked: true}},
		{"heard after it was listed", func(w tree) { w.message("default/4102/Old/msg0000", 24*time.Hour, "hej") },
			[]string{"left 21:49:49.000 deposit 4102 1795297789-00000022 for 4102 external PJSIP-00000026", "reject: the row has no time"}, SpoolCount{Mailboxes: 1, Messages: 1, Moved: 1, TimesUnchecked: true}},
		{"all heard, and copied without the times", func(w tree) {
			for i, box := range []string{"4102", "4102", "4103"} {
				w.message(fmt.Sprintf("default/%s/Old/msg000%d", box, i), time.Minute, "hej", "msg_id", fmt.Sprintf("1795297789-0000000%d", i))
			}
		}, []string{"left 21:49:49.000 deposit 4102 1795297789-00000000 for 4102 external PJSIP-00000026", "reject: the row has no time",
			"left 21:49:49.000 deposit 4102 1795297789-00000001 for 4102 external PJSIP-00000026", "reject: the row has no time",
			"left 21:49:49.000 deposit 4103 1795297789-00000002 for 4103 external PJSIP-00000026", "reject: the row has no time"},
			SpoolCount{Mailboxes: 2, Messages: 3, Moved: 3, TimesUnchecked: true, TimesLost: true}},
		{"a recording that goes on, a lock, a sound without metadata", func(w tree) {
			w.message("default/4102/tmp/msg0000", 0, "hej")
			w.file("default/4102/INBOX/.lock", "", spoken)
			w.file("default/4102/INBOX/msg0003.wav", "hej", spoken)
		}, nil, SpoolCount{Mailboxes: 1, TimesUnchecked: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := tree{fstest.MapFS{}}
			c.build(w)
			count, short, _ := list(t, w)
			if diff := cmp.Diff(c.want, short); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.count, count); diff != "" {
				t.Errorf("count (-want +got):\n%s", diff)
			}
			if !IsSpool(w) {
				t.Error("it is not taken for a spool")
			}
		})
	}
}

// TestSpoolTwice lists a spool before and after somebody listened: the message was
// left once.
func TestSpoolTwice(t *testing.T) {
	before, after := tree{fstest.MapFS{}}, tree{fstest.MapFS{}}
	before.message("default/4102/INBOX/msg0001", 0, "hej")
	after.message("default/4102/Old/msg0000", time.Minute, "hej")
	_, _, first := list(t, before)
	_, _, second := list(t, after)
	if len(first) != 1 || len(second) != 2 || first[0].Fields["id"] != second[0].Fields["id"] || second[1].Fields["id"] == first[0].Fields["id"] {
		t.Errorf("records are not those of one message: %+v and %+v", first, second)
	}
}

// TestSpoolKeepsSoundOut lists the sounds' names nowhere and their content neither.
func TestSpoolKeepsSoundOut(t *testing.T) {
	w := tree{fstest.MapFS{}}
	w.message("default/4102/INBOX/msg0000", 0, "the sound of a voice")
	w.file("default/4102/unavail.wav", "the sound of a voice", looked)
	var listing bytes.Buffer
	if _, err := ListSpool(t.Context(), &listing, w, looked); err != nil {
		t.Fatal(err)
	}
	if text := listing.String(); strings.Contains(text, "voice") || strings.Contains(text, ".wav") {
		t.Errorf("the listing has sound in it:\n%s", text)
	}
}

func TestSpoolErrors(t *testing.T) {
	if _, err := ListSpool(t.Context(), &bytes.Buffer{}, fstest.MapFS{}, looked); err == nil || !strings.Contains(err.Error(), "no mailbox") {
		t.Errorf("an empty folder: %v", err)
	}
	if IsSpool(fstest.MapFS{"a/b.csv": {}}) {
		t.Error("a folder of exports is taken for a spool")
	}
	w := tree{fstest.MapFS{}}
	w.message("default/4102/INBOX/msg0000", 0, "hej")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ListSpool(ctx, &bytes.Buffer{}, w, looked); err == nil {
		t.Error("listing went on after it was interrupted")
	}
}

// TestSpoolStaysInside follows no link out of the folder.
func TestSpoolStaysInside(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "msg0000.txt")
	if err := os.WriteFile(secret, []byte("origtime=1795297789\nduration=1\nmsg_id=1795297789-0000ffff\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	box := filepath.Join(dir, "default/4102/INBOX")
	if err := os.MkdirAll(box, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(box, "msg0000.txt")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if count, rows, _ := list(t, root.FS()); count.Messages != 0 || count.Links != 1 || len(rows) != 0 {
		t.Errorf("a link was followed: %+v %q", count, rows)
	}
}
