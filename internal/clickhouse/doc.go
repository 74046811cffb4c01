// Package clickhouse is the one door to SQL. Behind it stands either a
// ClickHouse server or an embedded engine that works in a directory of its
// own; both speak the same SQL through the same driver, so nothing outside
// this package knows which of the two it is talking to.
//
// The usual path is [Open] with a URL or a directory, [Migrate] with the
// numbered files of a schema, then the driver's own Query, Exec and
// PrepareBatch on the [DB].
//
// The embedded engine is libchdb, and it lives in a child process ([Serve])
// that all processes using the directory share: it is started by the first
// that needs it and ends when it has been idle. Only that process loads the
// library.
//
// The stance is crash-only: every request has a deadline, an engine that
// crashed or does not answer is replaced, and what certainly did not run or
// only reads is run again. What may have been written half-way is not: the
// caller gets [ErrEngineLost] and decides.
package clickhouse
