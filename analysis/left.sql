-- Messages that callers may have left in some days in mailboxes that were exposed: within the
-- retention before the first exposure and until the last. The records do not show whether a caller
-- who could leave a message did; the voicemail spool does, for those messages that it still has.
INSERT INTO left_rows (run, box, session, caller, begin)
WITH
    owners AS (SELECT identity, holdings FROM holdings WHERE version = {directory:UInt64})
SELECT {run:UInt64}, box, id, if(caller = '', toString(id), caller), begin
FROM
(
    SELECT
        s.id AS id, s.begin AS begin, s.caller AS caller,
        arrayJoin(multiIf(
            s.mailbox != '' AND arrayExists(h -> h.called, b.holdings), arrayDistinct(arrayMap(h -> h.mailbox, arrayFilter(h -> h.called, b.holdings))),
            s.mailbox != '', [s.mailbox],
            notEmpty(d.holdings), arrayDistinct(arrayMap(h -> h.mailbox, arrayFilter(h -> h.called, d.holdings))),
            s.dialled_class = 'internal' AND NOT has({access:Array(String)}, s.dialled), [s.dialled],
            [])) AS box
    FROM
    (
        SELECT id, begin, caller, mailbox, dialled, dialled_class FROM sessions
        WHERE (system, day, build) IN (SELECT system, day, build FROM session_days FINAL)
          AND system = {system:String} AND day BETWEEN {first:Date} AND {last:Date}
          AND call >= {low:String} AND ({high:String} = '' OR call < {high:String})
          AND deposit + unknown > 0 AND empty(left) AND opened + heard + envelope = 0
        UNION ALL
        SELECT id, start, caller, mailbox, '', '' FROM records
        WHERE kind = 'message' AND action = 'deposit'
          AND system = {system:String} AND day BETWEEN {first:Date} AND {last:Date}
          AND call >= {low:String} AND ({high:String} = '' OR call < {high:String})
    ) AS s
    LEFT ANY JOIN owners AS d ON d.identity = s.dialled
    LEFT ANY JOIN owners AS b ON b.identity = if(s.mailbox IN (SELECT mailbox FROM directory FINAL WHERE version = {directory:UInt64}), '', s.mailbox)
) AS left_by
INNER JOIN (SELECT box, first, last FROM exposed_rows WHERE run = {run:UInt64}) AS e ON e.box = left_by.box
WHERE begin >= e.first - toIntervalSecond({retention:UInt32}) AND begin < e.last
