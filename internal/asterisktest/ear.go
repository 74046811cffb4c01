package asterisktest

import (
	"net"
	"slices"
	"sync"

	"github.com/pion/rtp"
)

// alawType is the payload type of A-law in RTP.
const alawType = 8

// ear is the telephone's earpiece: a UDP socket on which the sound of one call
// arrives.
type ear struct {
	conn *net.UDPConn
	done chan struct{}

	mu      sync.Mutex
	packets []rtp.Packet
}

// listen opens an ear on a free port of a loopback address.
func listen(host string) (*ear, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		return nil, err
	}
	e := &ear{conn: conn, done: make(chan struct{})}
	go e.collect()
	return e, nil
}

func (e *ear) port() int { return e.conn.LocalAddr().(*net.UDPAddr).Port }

func (e *ear) collect() {
	defer close(e.done)
	buf := make([]byte, 1500)
	for {
		n, err := e.conn.Read(buf)
		if err != nil {
			return
		}
		var p rtp.Packet
		if p.Unmarshal(slices.Clone(buf[:n])) == nil && p.PayloadType == alawType {
			e.mu.Lock()
			e.packets = append(e.packets, p)
			e.mu.Unlock()
		}
	}
}

// close ends the listening and returns what was heard.
func (e *ear) close() []float64 {
	e.conn.Close()
	<-e.done
	return decode(assemble(e.packets))
}

// longestGap is the longest silence that is believed, in samples; a longer one is
// a new count.
const longestGap = 120 * rate

// assemble puts payloads where their timestamps say, with silence between. A new
// source, or a timestamp far off, goes on where the sound ended.
func assemble(packets []rtp.Packet) []byte {
	var out []byte
	var base uint32
	for i, p := range packets {
		at := p.Timestamp - base
		if i == 0 || p.SSRC != packets[i-1].SSRC || int(int32(at))-len(out) > longestGap || int32(at) < 0 {
			at = uint32(len(out))
			base = p.Timestamp - at
		}
		for len(out) < int(at)+len(p.Payload) {
			out = append(out, quiet)
		}
		copy(out[at:], p.Payload)
	}
	return out
}
