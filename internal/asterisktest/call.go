package asterisktest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// key is a digit that a caller presses, so long after the one before.
type key struct {
	Wait  time.Duration
	Digit string
}

// script is what a caller does once the call is answered.
type script struct {
	Keys []key
	Rest time.Duration // until the caller hangs up
}

// between is how fast callers type.
const between = 250 * time.Millisecond

// parseScript reads "2 4101# 7.5 1 12": at two seconds the caller types 4101#, at
// 7.5 seconds 1, and hangs up at 12.
func parseScript(text string) (script, error) {
	var s script
	var now time.Duration
	words := strings.Fields(text)
	for i, word := range words {
		if i%2 == 1 {
			for j := range word {
				wait := between
				if j == 0 {
					wait = s.Rest
				}
				s.Keys = append(s.Keys, key{wait, word[j : j+1]})
				now += wait
			}
			continue
		}
		at, err := strconv.ParseFloat(word, 64)
		s.Rest = duration(at) - now
		if err != nil || s.Rest < 0 {
			return s, fmt.Errorf("script %q: time %q is none, or too early", text, word)
		}
	}
	if len(words)%2 == 0 {
		return s, fmt.Errorf("script %q does not end with a time", text)
	}
	return s, nil
}

// mustScript is for scripts that stand in the code.
func mustScript(text string) script {
	s, err := parseScript(text)
	if err != nil {
		panic(err)
	}
	return s
}

// length is how long the call lasts from the answer.
func (s script) length() time.Duration {
	sum := s.Rest
	for _, k := range s.Keys {
		sum += k.Wait
	}
	return sum
}

// dialling is one call as SIPp is told it.
type dialling struct {
	script
	From, To string
	Diverts  string // the extension that diverted the call; "": none
	Port     int    // of the ear
	Says     string // a file of A-law
}

// place places a call from a loopback address with a tag for its Call-ID, and
// returns what the caller heard. An Asterisk that hangs up first is no error.
func (p *pbx) place(ctx context.Context, host, tag string, d dialling, says []byte) ([]float64, error) {
	e, err := listen(host)
	if err != nil {
		return nil, err
	}
	defer e.close()
	d.Port, d.Says = e.port(), filepath.Join(p.Dir, "calls", tag+".alaw")
	scenario := filepath.Join(p.Dir, "calls", tag+".xml")
	if err := fill(filepath.Join(data(), "sipp", "caller.xml"), scenario, d); err != nil {
		return nil, err
	}
	if err := os.WriteFile(d.Says, says, 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.length()+patience)
	defer cancel()
	out, err := sipp(ctx, host, scenario, "-cid_str", tag, "-m", "1", "127.0.0.1:"+strconv.Itoa(p.SIP))
	if ctx.Err() != nil || p.id(tag) == "" {
		return nil, fmt.Errorf("asterisk did not take the call, or it does not end: sipp: %v, %v: %s", err, ctx.Err(), out)
	}
	return e.close(), nil
}

// id is what Asterisk calls the call with a tag, or "".
func (p *pbx) id(tag string) string {
	line := regexp.MustCompile(`tag ` + regexp.QuoteMeta(tag) + ` is ([0-9.]+)`)
	if m := line.FindSubmatch(p.log()); m != nil {
		return string(m[1])
	}
	return ""
}

// portTaken is SIPp's exit code when somebody else was quicker to take a port.
const portTaken = 254

// sipp runs SIPp with a scenario on free ports.
func sipp(ctx context.Context, host, scenario string, args ...string) (out []byte, err error) {
	for range 5 {
		var cmd *exec.Cmd
		if cmd, err = sippCommand(ctx, host, 0, scenario, args...); err != nil {
			return nil, err
		}
		out, err = cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != portTaken {
			break
		}
	}
	return out, err
}

// sippCommand is SIPp with a scenario; of its ports for calls, sound and remote
// control only the first is asked for, 0 being any.
func sippCommand(ctx context.Context, host string, port int, scenario string, args ...string) (*exec.Cmd, error) {
	ports := []int{port, 0, 0}
	for i := range ports {
		var err error
		if ports[i] > 0 {
			continue
		}
		if ports[i], err = freePort(host); err != nil {
			return nil, err
		}
	}
	fixed := []string{"-sf", scenario, "-i", host, "-nostdin"}
	for i, flag := range []string{"-p", "-mp", "-cp"} {
		fixed = append(fixed, flag, strconv.Itoa(ports[i]))
	}
	cmd := exec.CommandContext(ctx, "sipp", append(fixed, args...)...)
	cmd.Dir = filepath.Dir(scenario)
	cmd.Env = append(os.Environ(), "TERM=dumb")
	return cmd, nil
}

// phone starts a phone on a desk at a port, which is there until ctx ends.
func phone(ctx context.Context, dir string, port int, answers bool) error {
	scenario := filepath.Join(dir, "calls", fmt.Sprintf("phone%d.xml", port))
	if err := fill(filepath.Join(data(), "sipp", "phone.xml"), scenario, struct{ Answers bool }{answers}); err != nil {
		return err
	}
	cmd, err := sippCommand(ctx, "127.0.0.1", port, scenario)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // it ends with ctx
	return nil
}
