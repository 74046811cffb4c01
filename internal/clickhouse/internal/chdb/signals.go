package chdb

import (
	"fmt"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
)

// guarded are the signals whose handlers libchdb replaces. Without them the Go
// runtime loses preemption (SIGURG), stack growth checks and panics.
var guarded = []syscall.Signal{
	syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGBUS,
	syscall.SIGILL, syscall.SIGFPE, syscall.SIGURG,
}

// sigactionSize is larger than struct sigaction on every platform we run on
// (152 bytes with glibc); the content is only carried, never looked at.
const sigactionSize = 512

// saveSignals returns a function that puts the handlers of now back.
func saveSignals() (restore func(), err error) {
	symbol, err := purego.Dlsym(purego.RTLD_DEFAULT, "sigaction")
	if err != nil {
		return nil, fmt.Errorf("find sigaction in the C library: %w", err)
	}
	var sigaction func(signal int32, set, old unsafe.Pointer) int32
	purego.RegisterFunc(&sigaction, symbol)
	saved := make([][sigactionSize]byte, len(guarded))
	for i, s := range guarded {
		if sigaction(int32(s), nil, unsafe.Pointer(&saved[i])) != 0 {
			return nil, fmt.Errorf("read the handler of signal %q", s)
		}
	}
	return func() {
		for i, s := range guarded {
			sigaction(int32(s), unsafe.Pointer(&saved[i]), nil)
		}
	}, nil
}
