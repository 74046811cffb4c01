package store

import (
	"crypto/sha256"
	"errors"
	"hash/maphash"
	"io"
)

// snapshot is what a file held when it was read first: its checksum, and one of
// each block, so that nothing else is taken for it when it is read again. A file
// may grow meanwhile, and is read no further; what was overwritten or cut off ends
// the import before a byte of it is parsed.
type snapshot struct {
	sum    [32]byte
	size   int64
	seed   maphash.Seed
	blocks []uint64
}

const blockSize = 1 << 20

// errChanged ends an import whose file is no longer what it was.
var errChanged = errors.New("the file was changed or cut off while it was read: import it again, and the copy that was made of it, if it was rotated")

func takeSnapshot(in io.Reader) (*snapshot, error) {
	s := &snapshot{seed: maphash.MakeSeed()}
	h := sha256.New()
	for block := make([]byte, blockSize); ; {
		n, err := io.ReadFull(in, block)
		if n > 0 {
			h.Write(block[:n])
			s.size += int64(n)
			s.blocks = append(s.blocks, maphash.Bytes(s.seed, block[:n]))
		}
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			s.sum = [32]byte(h.Sum(nil))
			return s, nil
		case err != nil:
			return nil, err
		}
	}
}

// reader returns what the snapshot saw of in, or errChanged.
func (s *snapshot) reader(in io.Reader) io.Reader {
	return &snapshotReader{snapshot: s, in: io.LimitReader(in, s.size), block: make([]byte, blockSize)}
}

type snapshotReader struct {
	*snapshot
	in          io.Reader
	block, rest []byte
	done        int // blocks
}

func (r *snapshotReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.done == len(r.blocks) {
			return 0, io.EOF
		}
		n, err := io.ReadFull(r.in, r.block)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return 0, err
		}
		if maphash.Bytes(r.seed, r.block[:n]) != r.blocks[r.done] {
			return 0, errChanged
		}
		r.rest = r.block[:n]
		r.done++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
