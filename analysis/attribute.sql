-- Who can have listened to the messages that were moved to the heard ones: the callers who stood in
-- that mailbox then, or had left it at most two seconds before (records may tell whole seconds).
-- The system moves messages when the caller leaves the mailbox (and at once when the caller files one
-- by key). So one is sure who alone left it then, unless somebody stayed who may be the owner. Where
-- nobody was there, it may have been one of whom only the deposit application is known, but not who
-- left that very message.
INSERT INTO attribution_rows (run, system, id, move, message, sure)
SELECT {run:UInt64}, {system:String}, arrayJoin(if(empty(leavers), likeliest, leavers)).id, move, message,
    length(leavers) = 1 AND NOT arrayExists(c -> NOT c.leaving AND NOT c.open, likeliest)
FROM
(
    SELECT
        m.id AS move,
        any(m.message) AS message,
        groupUniqArray(CAST((s.depositing, s.id, abs(dateDiff('millisecond', s.until, m.at)) <= 2000, s.open),
            'Tuple(depositing Bool, id FixedString(16), leaving Bool, open Bool)')) AS candidates,
        arrayFilter(c -> c.depositing = arrayMin(arrayMap(x -> x.depositing, candidates)), candidates) AS likeliest,
        arrayFilter(c -> c.leaving, likeliest) AS leavers
    FROM
    (
        SELECT id, box, begin AS at, messages[1].2 AS message, toUnixTimestamp(begin) DIV 600 AS slot
        FROM situation_rows
        WHERE run = {run:UInt64} AND system = {system:String} AND unclaimed > 0
    ) AS m
    GLOBAL INNER JOIN
    (
        -- Equal slots of ten minutes make it a join by hash.
        SELECT
            id, box, begin, until, left,
            stranger AND NOT doubtful AND opened > 0 AND demanded = 0 AS open,
            opened + demanded + failed + heard + envelope + late + unknown = 0 AS depositing,
            arrayJoin(range(toUInt32(toUnixTimestamp(begin) - 1) DIV 600, toUInt32(toUnixTimestamp(greatest(begin, until)) + 2) DIV 600 + 1)) AS slot
        FROM situation_rows
        WHERE run = {run:UInt64} AND system = {system:String} AND unclaimed = 0
    ) AS s ON s.box = m.box AND s.slot = m.slot
    WHERE s.begin <= m.at + INTERVAL 1 SECOND AND m.at <= s.until + INTERVAL 2 SECOND AND NOT has(s.left, m.message)
    GROUP BY m.id
)
