// Package cdr turns a phone system's export into a stream of normalised
// records.
//
// What a format looks like and what it proves is data: a profile in YAML
// (formats/*.yaml, and folders of the user's own), compiled by [Formats]. The
// usual path: look a [Format] up by name or let [Registry.Detect] find it, make
// a [NewReader] over the export, then call Scan until it returns false. Each
// Scan leaves either a [Record] or, for a line that cannot be read, a [Reject];
// only an I/O failure stops the reader.
//
// Its stance: an export is written partly by strangers, who choose the caller
// names in it. So nothing that a profile does not ask for leaves this package:
// application data, display names, channel names and dialled digits are looked
// at and dropped, numbers are tokenised by internal/number, and what a rejected
// line looked like is shown by its shape only. A row never claims more than the
// profile's rules can show from it; what they cannot exclude is "unknown".
package cdr
