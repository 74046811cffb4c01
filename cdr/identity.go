package cdr

import "encoding/binary"

// ordinalWindow is how many rows back identical lines are counted, at least.
// Lines carry their time, so identical ones stand close together; two that are
// a quarter of a million rows apart come from a file that was copied into
// itself, and are rightly the same row.
const ordinalWindow = 1 << 18

// ordinals counts identical lines, by the hash of the line, within a window of
// one to two generations.
type ordinals struct{ now, old map[ID]uint32 }

// next returns how often the line was seen before.
func (o *ordinals) next(line ID) uint32 {
	if len(o.now) >= ordinalWindow {
		o.old, o.now = o.now, make(map[ID]uint32, ordinalWindow)
	}
	n, ok := o.now[line]
	if !ok {
		n = o.old[line]
	}
	o.now[line] = n + 1
	return n
}

// identify returns the row's ID. A row key is preceded by what it is and each
// part by its length, so that no line can be made to look like another's key.
func (r *Reader) identify() ID {
	buf := append(r.idBuf[:0], "key\x00"...)
	for _, slot := range r.f.key {
		v := r.value(slot)
		if len(v) == 0 {
			return r.identifyLine()
		}
		buf = binary.AppendUvarint(buf, uint64(len(v)))
		buf = append(buf, v...)
	}
	r.idBuf = buf
	if len(r.f.key) == 0 {
		return r.identifyLine()
	}
	return ID(r.numbers.Digest(buf))
}

// identifyLine hashes the whole line. The hash is a keyed one: everything else
// in the line can be known, so a plain one would give the caller's number to
// anybody who tries them all.
func (r *Reader) identifyLine() ID {
	line := ID(r.numbers.Digest(r.in.raw))
	buf := append(r.idBuf[:0], "line\x00"...)
	buf = append(buf, line[:]...)
	buf = binary.AppendUvarint(buf, uint64(r.seen.next(line)))
	r.idBuf = buf
	return ID(r.numbers.Digest(buf))
}
