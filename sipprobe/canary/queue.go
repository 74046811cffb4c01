package canary

// queue is a heap of parts, the likeliest first. It is not the library's, which
// allocates for each part.
type queue []part

func (q *queue) push(p part) {
	h := append(*q, p)
	i := len(h) - 1
	for i > 0 && h[(i-1)/2].total < p.total {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = p
	*q = h
}

func (q *queue) pop() part {
	h := *q
	first, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1].total > h[child].total {
			child++
		}
		if child >= len(h) || h[child].total <= last.total {
			if i < len(h) {
				h[i] = last
			}
			break
		}
		h[i] = h[child]
		i = child
	}
	*q = h
	return first
}
