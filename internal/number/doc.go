// Package number gives every telephone number in the auditor one form.
//
// The usual path: [LoadKey] once per deployment, read a [Plan] from the
// configuration, build a [Normaliser] from both, and hand it every raw number
// that any export, directory or probe contains. What comes back is a [Party]:
// a comparable value that joins with itself wherever the same person was
// written down, however it was written.
//
// Its stance: staff extensions stay readable, because they are who must be
// told. Everybody else becomes a keyed token at the door, whether or not the
// text was a valid number, so that nothing downstream can print or store a
// stranger's number by mistake. A staff member's mobile is a token too: the
// directory finds it by computing the same token, so the outcome never depends
// on which file was imported first.
package number
