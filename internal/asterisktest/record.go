package asterisktest

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// Recording is what a run of the calls left, and the truth about them.
type Recording struct {
	Master, CEL string // paths of the exports: call detail records, channel events
	Spool       string // path of the folder with the mailboxes; files keep their times
	Directory   string // path of a staff directory, in the columns that vmaudit imports
	Change      time.Time
	Calls       []Call
}

// Call is the truth about one call.
type Call struct {
	ID              string // the system's: uniqueid of the first leg, linkedid of all
	Phase           string // Healthy or Leaky
	Kind            string // what the caller set out to do
	Leak            string // the leak that lay in the way; "": none
	Caller, Dialled string
	Mailbox         string // whose mailbox, or greeting, the call came to
	Owner           bool   // the caller is that mailbox's owner
	Begin, End      time.Time

	Sound    time.Duration // of what the caller heard, whatever it was
	Hears    Sound         // what that was, and the silence until the caller hung up
	Heard    []Heard
	Envelope bool // the time or the caller of a message was read out
	Menu     bool // the caller heard prompts that are inside a mailbox only
	Asked    bool // a PIN was asked for
	Left     *Message
	Likeness Likeness
}

// Sound is 16-bit samples, 8000 a second. They are for listening to in memory and
// print as their length only: Asterisk's recorded prompts are in them.
type Sound []int16

func (s Sound) String() string { return seconds(len(s)).String() }

// Heard is a message that a caller heard some of.
type Heard struct {
	Message
	Length time.Duration
}

// Message is a message in the spool.
type Message struct {
	ID      string // msg_id
	Mailbox string // where it lay
}

// Likeness is how sure the ear was: the least of the messages that it
// recognised (1: none was), and the greatest of all others.
type Likeness struct{ Same, Other float64 }

// Exposed says that a stranger heard a message, or about one, or stood in a
// mailbox without having given a PIN.
func (c *Call) Exposed() bool {
	return !c.Owner && (len(c.Heard) > 0 || c.Envelope || c.Menu)
}

var recordings = struct {
	sync.Mutex
	made map[string]func() (*Recording, error)
	dirs []string
}{made: map[string]func() (*Recording, error){}}

// Record returns the recording of a version and size. The first test that asks
// places the calls, one after another who asks gets the same recording.
func Record(t testing.TB, version string, size Size) *Recording {
	t.Helper()
	Need(t, version)
	name := fmt.Sprint(version, " ", size)
	recordings.Lock()
	once := recordings.made[name]
	if once == nil {
		once = sync.OnceValues(func() (*Recording, error) { return record(version, size) })
		recordings.made[name] = once
	}
	recordings.Unlock()
	rec, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// M runs tests and then removes the recordings: TestMain calls it, or hands it
// on, instead of a *testing.M.
type M struct{ M *testing.M }

// Run returns the exit code.
func (m M) Run() int {
	code := m.M.Run()
	for _, dir := range recordings.dirs {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, "remove a recording:", err)
			code = max(code, 1)
		}
	}
	return code
}

func record(version string, size Size) (*Recording, error) {
	in, err := findInstall(version)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pbx")
	if err != nil {
		return nil, err
	}
	recordings.Lock()
	recordings.dirs = append(recordings.dirs, dir)
	recordings.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	phones, err := putPhones(ctx, dir)
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, in, dir, boxes, phones)
	if err != nil {
		return nil, err
	}
	stop := sync.OnceFunc(p.stop)
	defer stop()
	s := &session{pbx: p, stored: map[*planned]Message{}}
	if err := s.run(ctx, size); err != nil {
		return nil, err
	}
	stop() // the exports are complete
	return s.recording()
}

// desks are the extensions with a phone, and whether somebody answers it; the
// others' phones are not registered.
var desks = map[string]bool{"4102": false, "4109": false, "4110": true}

// putPhones puts the phones on their desks and returns their ports.
func putPhones(ctx context.Context, dir string) (map[string]int, error) {
	phones := map[string]int{}
	for box, answers := range desks {
		port, err := freePort("127.0.0.1")
		if err != nil {
			return nil, err
		}
		phones[box] = port
		if err := phone(ctx, dir, port, answers); err != nil {
			return nil, err
		}
	}
	return phones, nil
}

// session is a recording in the making.
type session struct {
	*pbx
	change time.Time
	calls  []*planned
	stored map[*planned]Message // what the calls left
}

func (s *session) run(ctx context.Context, size Size) error {
	healthy, leaky := planCalls(size)
	s.calls = slices.Concat(healthy, leaky)
	if err := s.greetings(); err != nil {
		return err
	}
	if err := s.placeAll(ctx, healthy); err != nil {
		return err
	}
	if err := s.takeStock(); err != nil {
		return err
	}
	if err := s.upgrade(ctx); err != nil {
		return err
	}
	if err := s.placeAll(ctx, leaky); err != nil {
		return err
	}
	return s.takeStock()
}

// mailbox is the folder of a mailbox.
func (p *pbx) mailbox(box string) string {
	return filepath.Join(p.Dir, "spool", "voicemail", "default", box)
}

// greetings records one for every mailbox but 4112, which has Asterisk's.
func (s *session) greetings() error {
	for _, box := range boxes {
		if box == "4112" {
			continue
		}
		if err := os.MkdirAll(s.mailbox(box), 0o700); err != nil {
			return err
		}
		greeting := wav(Speech(100_000+uint64(number(box)), 2*time.Second))
		if err := os.WriteFile(filepath.Join(s.mailbox(box), "unavail.wav"), greeting, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// upgrade is the change: other settings, and a greeting that is somebody's
// message. It takes effect in a second that no call before it touches.
func (s *session) upgrade(ctx context.Context) error {
	if err := s.configure("change"); err != nil {
		return err
	}
	message, err := os.ReadFile(filepath.Join(s.mailbox("4116"), "INBOX", "msg0000.wav"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.mailbox("4106"), "unavail.wav"), message, 0o600); err != nil {
		return err
	}
	s.change = time.Now().Truncate(time.Second).Add(time.Second)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(s.change)):
	}
	_, err = s.console(ctx, "dialplan reload")
	return err
}

// placeOne places one planned call and keeps what was heard.
func (s *session) placeOne(ctx context.Context, c *planned) (err error) {
	after := c.does.length() + 2*time.Second // a line that falls silent is not a line that is dead
	says := slices.Concat(make([]float64, samples(c.lead)), c.says, make([]float64, samples(after)))
	host := "127.0.0.2"
	if c.Owner && c.Caller == c.Mailbox {
		host = "127.0.0.1"
	}
	c.Begin = time.Now()
	c.hears, err = s.place(ctx, host, c.tag, dialling{script: c.does, From: c.Caller, To: c.Dialled, Diverts: c.diverts}, encode(says))
	c.End = time.Now()
	return err
}

// recording tells the truth about the calls, and writes the directory.
func (s *session) recording() (*Recording, error) {
	rec := &Recording{
		Master: filepath.Join(s.Dir, "log", "cdr-csv", "Master.csv"), CEL: filepath.Join(s.Dir, "log", "cel-custom", "cel.csv"),
		Spool: filepath.Join(s.Dir, "spool", "voicemail", "default"), Directory: filepath.Join(s.Dir, "directory.csv"),
		Change: s.change.UTC(),
	}
	if err := s.judgeAll(); err != nil {
		return nil, err
	}
	for _, c := range s.calls {
		c.ID = s.id(c.tag)
		rec.Calls = append(rec.Calls, c.Call)
	}
	return rec, writeDirectory(rec.Directory)
}

func writeDirectory(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	rows := [][]string{{"extension", "did", "mobile", "mailbox", "name", "title", "unit", "controller", "manager", "email", "activity", "client_facing", "protected", "language"}}
	for _, box := range boxes {
		rows = append(rows, []string{box, "", mobile(box), box, "Ada " + box, "handläggare", "Kansliet", "SKH", "Chef Kansliet", "p" + box + "@example.org", "other", "no", "no", "sv"})
	}
	return w.WriteAll(rows)
}
