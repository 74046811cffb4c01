package clickhouse

import "golang.org/x/sys/unix"

// machineMemory is the memory of this machine in bytes, 0 when unknown.
func machineMemory() uint64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return n
}
