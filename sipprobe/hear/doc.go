// Package hear turns what a caller hears into events (ringback, a record beep,
// speech, silence, a canary ...), and these into a judgement with its reasons: did
// the call meet a greeting, a beep and silence, or something else?
//
// The usual path is an [Ear], which is fed samples and tells of events while they
// happen, so that a live call can hang up in time, and whose Result at the end has
// all of them, what the greeting is like, and the judgement:
//
//	ear := hear.New(hear.Options{})
//	ear.Feed(samples)
//	result := ear.Result()
//
// Stance: what was not heard is not claimed. A call that was healthy in everything
// that was heard, but was not heard to the end, is unknown. Nothing that could be
// turned back into speech leaves this package: see [Print] for what is kept of a
// greeting, and [Picture] for what is drawn.
package hear
