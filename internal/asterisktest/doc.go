// Package asterisktest gives tests a real Asterisk with voicemail, real calls,
// and the truth about them, as net/http/httptest gives a web server.
//
// The usual path is one line in a test,
//
//	rec := asterisktest.Record(t, "16", asterisktest.Short)
//
// which places some dozens of calls before and after a change that lets callers
// into other people's mailboxes, and returns the system's exports with what
// every caller really heard. The environment variable VMAUDIT_TEST_PBX decides
// what happens: unset, tests are skipped where Asterisk or SIPp is missing;
// "demand", they fail there; "off", they are always skipped.
//
// Its stance: the truth about a call comes from the plan of the call and from
// the sound, never from the records that an auditor is to be judged by. What
// callers hear stays in memory, because Asterisk's recorded prompts are in it.
package asterisktest
