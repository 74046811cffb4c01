// Package replay2019 makes the exports of an invented city in which the incident
// of February 2019 happens again, so that what vmaudit says of it can be held
// against what happened.
//
// One reality, of 15 February to 5 March 2019 in Europe/Stockholm, is written
// twice by [Write]: as a poor export, the billing records of a telephone exchange,
// which show that a call was diverted to voicemail and nothing else, and as a rich
// one, the event log of the voicemail platform. Beside them lie the directory, the
// vendor's list, and the controls: calls that must never enter a list. [Truth]
// says what really happened.
//
// Its stance: nobody in it exists. Outside callers have numbers that are reserved
// for fiction, and extensions are of an invented plan. The same files come out of
// every run: a test that fails can be looked at again.
package replay2019
