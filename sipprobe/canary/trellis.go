package canary

const (
	turns      = 3     // times that the circle of the code is gone round
	steps      = 16384 // of the search that are taken at most
	candidates = 512   // words whose checksum is looked at: each is right by chance once in 16 million
)

// trellis finds the likeliest words of the code, one after the other: first the best
// score of all ways to each state, forwards; then, backwards, whole words in the
// order of their score (the tree-trellis search of Soong and Huang, 1991). It holds
// its working space.
type trellis struct {
	branch [info][states][16]float32 // the score of a symbol in a state
	best   [info + 1][states]float32 // of all ways to a state
	open   queue
}

// part is the end of a word, from symbol t on.
type part struct {
	total      float32 // score of the best word that ends so
	score      float32 // of the end alone
	t          int16
	state, end uint8 // of the encoder before and after it
	word       [2]uint64
}

// read returns the likeliest identity with a right checksum, and its word's score.
func (t *trellis) read(l *likelihoods) (id ID, score float64, ok bool) {
	t.weigh(l)
	clear(t.best[0][:])
	for turn := range turns {
		if turn > 0 {
			t.join()
		}
		t.forwards()
	}
	return t.search()
}

// weigh fills in what each symbol scores in each state.
func (t *trellis) weigh(l *likelihoods) {
	for i := range info {
		of := (*[outputs][16]float32)(l[i*outputs:])
		for s := range states {
			last, before := s&15, s>>4
			score := &t.branch[i][s]
			clear(score[:])
			for o, g := range generator {
				x := product[g[1]][last] ^ product[g[2]][before]
				for u := range score {
					score[u] += of[o][(byte(u)^x)&15]
				}
			}
		}
	}
}

func (t *trellis) forwards() {
	for i := range info {
		to := &t.best[i+1]
		for s := range to {
			to[s] = -1e30
		}
		for s, before := range t.best[i] {
			row := (*[16]float32)(to[s&15<<4:])
			for u, score := range t.branch[i][s] {
				row[u] = max(row[u], before+score)
			}
		}
	}
}

// join has the next turn begin as this one ended: the word is a circle.
func (t *trellis) join() {
	top := t.best[info][0]
	for _, v := range t.best[info] {
		top = max(top, v)
	}
	for s, v := range t.best[info] {
		t.best[0][s] = v - top
	}
}

// search looks at words from the best score on.
func (t *trellis) search() (id ID, score float64, ok bool) {
	t.open = t.open[:0]
	for s, total := range t.best[info] {
		t.open.push(part{total: total, t: info, state: uint8(s), end: uint8(s)})
	}
	words := 0
	for range steps {
		p := t.open.pop()
		if p.t > 0 {
			t.extend(p)
			continue
		}
		if p.state != p.end {
			continue // no circle
		}
		if id, ok := p.whole().id(); ok {
			return id, float64(p.score), true
		}
		if words++; words == candidates {
			break
		}
	}
	return 0, 0, false
}

// extend puts the ends that are longer by a symbol into the queue.
func (t *trellis) extend(p part) {
	at := int(p.t) - 1
	symbol := p.state & 15
	longer := p
	longer.t--
	longer.word[at/9] |= uint64(symbol) << (at % 9 * 4)
	for before := range 16 {
		longer.state = p.state>>4 | uint8(before)<<4
		longer.score = p.score + t.branch[at][longer.state][symbol]
		longer.total = t.best[at][longer.state] + longer.score
		t.open.push(longer)
	}
}

// whole returns the word of a part from symbol 0 on.
func (p *part) whole() (u word) {
	for t := range u {
		u[t] = byte(p.word[t/9]>>(t%9*4)) & 15
	}
	return u
}
