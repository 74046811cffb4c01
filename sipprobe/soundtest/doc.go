// Package soundtest is the world that sound goes through and comes from, for tests
// only: what lines do to it ([Channels]: codecs, loss, noise, splices, clocks), what
// people and machines sound like ([Corpora] of recordings in Debian's packages with
// their hours counted, [Talk] for as much synthetic speech as one wants), and what a
// switch's own detectors take it for ([Detect]: spandsp's).
//
// The usual path is [Need], which skips or fails, then a loop over [Channels]:
//
//	for _, c := range soundtest.Channels(t) {
//		heard := c.Through(sent, seed)
//	}
//
// Stance: real codecs and real recordings, none of ours, because what we could
// imitate we would also have thought of. All sound is 8 kHz, mono, 16 bit; the same
// seed gives the same sound. Recordings are read where they are cached, and stay
// there. GSM, AMR, G.729 and the rest come from Debian's libraries through one small
// C program (native/line.c), since a process for each codec is far faster than one
// for each trial. Debian has no iLBC.
package soundtest
