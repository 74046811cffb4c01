package asterisktest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"text/template"
	"time"
)

// patience is for the slowest thing that is waited for.
const patience = 30 * time.Second

// ringing is how many seconds a phone rings before its call goes to voicemail.
const ringing = 3

// pbx is a running Asterisk. Its exported fields are what the settings in
// testdata/asterisk are filled with.
type pbx struct {
	Dir, Install, Modules string
	SIP, RTP, RTPEnd      int
	Boxes                 []string
	Phones                map[string]int // ports of the phones that are there
	Ring                  int

	in      *install
	cmd     *exec.Cmd
	ended   chan struct{} // closed when the process has
	outcome error         // of the process, once it has ended
}

// start starts Asterisk with its files in dir, a short path because a socket is
// among them, and returns when it takes calls.
func start(ctx context.Context, in *install, dir string, boxes []string, phones map[string]int) (*pbx, error) {
	p := &pbx{Dir: dir, Install: in.dir, Modules: in.modules, Boxes: boxes, Phones: phones, Ring: ringing, in: in, ended: make(chan struct{})}
	var err error
	if p.SIP, err = freePort("127.0.0.1"); err != nil {
		return nil, err
	}
	if p.RTP, err = freePort("127.0.0.1"); err != nil {
		return nil, err
	}
	p.RTP = min(p.RTP, 64000) &^ 1 // of each pair of ports the even one carries sound
	p.RTPEnd = p.RTP + 999
	for _, d := range []string{"tmp", "lib/keys", "spool", "run", "log/cdr-csv", "log/cel-custom"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return nil, err
		}
	}
	if err := p.configure("etc"); err != nil {
		return nil, err
	}
	return p, p.launch(ctx)
}

// freePort is a UDP port that is free now.
func freePort(host string) (int, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		return 0, err
	}
	return conn.LocalAddr().(*net.UDPAddr).Port, conn.Close()
}

// configure writes the settings of a folder of testdata/asterisk.
func (p *pbx) configure(folder string) error {
	names, err := filepath.Glob(filepath.Join(data(), folder, "*.conf"))
	if err != nil || len(names) == 0 {
		return fmt.Errorf("no settings in testdata/asterisk/%s: %v", folder, err)
	}
	for _, name := range names {
		if err := fill(name, filepath.Join(p.Dir, "etc", filepath.Base(name)), p); err != nil {
			return err
		}
	}
	return nil
}

// data is the folder testdata/asterisk.
func data() string {
	dir, _ := root() // of what findInstall has found
	return filepath.Join(dir, "testdata", "asterisk")
}

// fill writes a template's text to a file.
func fill(name, to string, with any) error {
	t, err := template.New(filepath.Base(name)).Funcs(template.FuncMap{"pin": pin}).ParseFiles(name)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, with); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o600)
}

func (p *pbx) launch(ctx context.Context) error {
	args := p.in.command("-f", "-n", "-C", filepath.Join(p.Dir, "etc", "asterisk.conf"))
	p.cmd = exec.Command(args[0], args[1:]...)
	p.cmd.Env = append(os.Environ(), "TZ=UTC", "HOME="+p.Dir)
	p.cmd.Dir = p.Dir
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() { p.outcome = p.cmd.Wait(); close(p.ended) }()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if _, err := p.console(ctx, "core waitfullybooted"); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			p.stop()
			return fmt.Errorf("asterisk did not start: %w\n%s", ctx.Err(), p.complaints())
		case <-p.ended:
			return fmt.Errorf("asterisk ended: %v\n%s", p.outcome, p.complaints())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// console runs a command on Asterisk's console.
func (p *pbx) console(ctx context.Context, command string) (string, error) {
	args := p.in.command("-C", filepath.Join(p.Dir, "etc", "asterisk.conf"), "-r", "-x", command)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "HOME="+p.Dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("asterisk -x %q: %w: %s", command, err, out)
	}
	return string(out), nil
}

// log is Asterisk's own log.
func (p *pbx) log() []byte {
	text, _ := os.ReadFile(filepath.Join(p.Dir, "log", "full"))
	return text
}

// complaints are the errors in Asterisk's log; some there always are.
func (p *pbx) complaints() []byte {
	return bytes.Join(regexp.MustCompile(`(?m)^.* ERROR.*$`).FindAll(p.log(), -1), []byte("\n"))
}

// stop ends Asterisk, which closes its exports first.
func (p *pbx) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, _ = p.console(ctx, "core stop now")
	select {
	case <-p.ended:
	case <-time.After(patience / 3):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// pin is a mailbox's, as the settings have it.
func pin(box string) string {
	digits := []byte(box)
	slices.Reverse(digits)
	return "7" + string(digits)
}
