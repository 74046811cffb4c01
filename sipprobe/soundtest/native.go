package soundtest

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

//go:embed native/line.c
var source []byte

// libraries are what line.c is linked with, all in Debian.
var libraries = []string{"-lspandsp", "-lgsm", "-lopencore-amrnb", "-lbcg729", "-lcodec2", "-lopus", "-lspeex", "-lm"}

// program is the path of line.c, compiled: once for each text of it, whoever of the
// tests that run at the same time comes first.
var program = sync.OnceValues(func() (string, error) {
	dir, err := cache()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("line-%x", sha256.Sum256(source))[:16+len("line-")])
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, compile(dir, path)
})

// compile makes the program under another name first, so that nobody runs half of it.
func compile(dir, path string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, "compile-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	text, made := filepath.Join(work, "line.c"), filepath.Join(work, "line")
	if err := os.WriteFile(text, source, 0o644); err != nil {
		return err
	}
	if _, err := outputOf("cc", append([]string{"-O2", "-o", made, text}, libraries...)...); err != nil {
		return fmt.Errorf("line.c cannot be compiled: %w", err)
	}
	return os.Rename(made, path)
}

// worker is a running line program. It ends when its input does, at the latest
// with the test.
type worker struct {
	in  *bufio.Writer
	out *bufio.Reader
}

// idle are the workers that wait, by what they do.
var idle = struct {
	sync.Mutex
	of map[string][]*worker
}{of: map[string][]*worker{}}

func hire(args ...string) (*worker, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &worker{bufio.NewWriter(in), bufio.NewReader(out)}, cmd.Start()
}

// take returns a worker that waits, or hires one.
func take(key string, args []string) (*worker, error) {
	idle.Lock()
	defer idle.Unlock()
	waiting := idle.of[key]
	if len(waiting) == 0 {
		return hire(args...)
	}
	idle.of[key] = waiting[:len(waiting)-1]
	return waiting[len(waiting)-1], nil
}

func give(key string, w *worker) {
	idle.Lock()
	defer idle.Unlock()
	idle.of[key] = append(idle.of[key], w)
}

// native sends a block through the line program with these arguments. It panics if
// the program is broken: then no figure is worth anything.
func native(sound []int16, fates []byte, args ...string) []int16 {
	key := fmt.Sprint(args)
	w, err := take(key, args)
	if err == nil {
		sound, err = w.work(sound, fates)
	}
	if err != nil {
		panic(fmt.Errorf("soundtest: line %q: %w", args, err))
	}
	give(key, w)
	return sound
}

func (w *worker) work(sound []int16, fates []byte) ([]int16, error) {
	for _, part := range []any{uint32(len(sound)), uint32(len(fates)), fates, sound} {
		if err := binary.Write(w.in, binary.NativeEndian, part); err != nil {
			return nil, err
		}
	}
	if err := w.in.Flush(); err != nil {
		return nil, err
	}
	var n uint32
	if err := binary.Read(w.out, binary.NativeEndian, &n); err != nil {
		return nil, err
	}
	raw := make([]byte, 2*n)
	_, err := io.ReadFull(w.out, raw)
	return samplesOf(raw), err
}

// samplesOf reads 16 bit samples. All of Debian's machines that have these
// libraries and run our tests are little-endian, as the cached recordings are.
func samplesOf(raw []byte) []int16 {
	sound := make([]int16, len(raw)/2)
	for i := range sound {
		sound[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
	}
	return sound
}
