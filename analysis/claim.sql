-- The sessions that can have played messages which were moved to the heard ones, with those messages.
INSERT INTO situation_rows
SELECT s.* EXCEPT (files) REPLACE (
    true AS claimed,
    c.certain AS moved,
    s.maybe + c.uncertain AS maybe,
    CAST(arrayConcat(
        arrayMap((m, id) -> (m.1, id, m.3), files,
            -- If as many files sounded as messages were moved, they are the same.
            arrayResize(if(length(files) = length(c.ids) AND length(files) = length(s.messages), c.ids, []) AS named, length(files), '')),
        arrayFilter(m -> NOT has(files, m), s.messages),
        arrayMap(id -> ('', id, toFloat32(0)), arrayFilter(id -> NOT has(named, id), c.ids))) AS Array(Tuple(name String, id String, seconds Float32))) AS messages)
FROM
(
    SELECT
        *,
        arraySort(m -> m.1, arrayFilter(m -> m.1 LIKE 'INBOX/msg%', messages)) AS files
    FROM situation_rows
    WHERE run = {run:UInt64} AND system = {system:String} AND inside
) AS s
INNER JOIN
(
    SELECT
        id, countIf(sure) AS certain, countIf(NOT sure) AS uncertain,
        -- Ids begin with the time, and INBOX is in the order of time.
        arraySort(groupUniqArrayIf(message, sure)) AS ids
    FROM attribution_rows
    WHERE run = {run:UInt64} AND system = {system:String}
    GROUP BY id
) AS c ON c.id = s.id
