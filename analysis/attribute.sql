-- Who can have listened to the messages that were moved to the heard ones: the sessions at that
-- mailbox that went on then, or ended at most two seconds before (the records of a leg may tell
-- whole seconds). Those in which somebody may have stood in the mailbox come before those of
-- which only the deposit application is known, and those that ended then before the others:
-- the system moves messages when the caller leaves the mailbox.
INSERT INTO attribution_rows (run, system, id, move, message, sure)
SELECT {run:UInt64}, {system:String}, arrayJoin(likeliest).2, move, message, length(likeliest) = 1
FROM
(
    SELECT
        m.id AS move,
        any(m.messages[1].2) AS message,
        arrayDistinct(groupArray(((s.opened + s.demanded + s.failed + s.heard + s.envelope + s.late + s.unknown = 0, abs(dateDiff('millisecond', s.end, m.begin)) > 2000) AS order, s.id))) AS candidates,
        arrayMin(arrayMap(c -> c.1, candidates)) AS least,
        arrayFilter(c -> c.1 = least, candidates) AS likeliest
    FROM (SELECT id, box, begin, messages, toUnixTimestamp(begin) DIV 600 AS slot FROM situation_rows
          WHERE run = {run:UInt64} AND system = {system:String} AND unclaimed > 0) AS m
    GLOBAL INNER JOIN (SELECT *, arrayJoin(range(toUInt32(toUnixTimestamp(begin) - 1) DIV 600, toUInt32(toUnixTimestamp(greatest(begin, end)) + 2) DIV 600 + 1)) AS slot FROM situation_rows
          WHERE run = {run:UInt64} AND system = {system:String} AND unclaimed = 0) AS s ON s.box = m.box AND s.slot = m.slot
    WHERE s.begin <= m.begin + INTERVAL 1 SECOND AND m.begin <= s.end + INTERVAL 2 SECOND
    GROUP BY m.id
)
