-- Who was exposed in some days, and how surely: one row per mailbox and row of the directory that
-- held it then (0: none did) with an exposing session.
WITH
    {{template "current"}},
    held AS
    (
        SELECT mailbox, groupUniqArray((line, valid_from, valid_to)) AS holdings
        FROM directory WHERE version = {directory:UInt64} GROUP BY mailbox
    )
SELECT
    box, line,
    min(strength) AS strongest,
    min((strength, grade)).2,
    count(),
    countIf(strength = 1),
    -- A message that one source names by its file and another by its id is one.
    toUInt64(maxIf(greatest(1, arrayCount(f -> f != '', messages.name), arrayCount(id -> id != '', messages.id)), strength = 1)),
    groupUniqArrayArrayIf(arrayFilter(id -> id != '', messages.id), strength = 1),
    min(begin), max(begin),
    -- Why: what the strongest sessions say, and what was dialled in any.
    arrayDistinct(arrayFlatten(arrayMap(w -> w.2, arrayFilter(w -> w.1 = strongest, groupUniqArray((strength, reasons)))))),
    groupUniqArrayArray(arrayFilter(r -> startsWith(r, 'dialled '), reasons))
FROM
(
    SELECT
        v.box AS box, v.grade AS grade, v.messages AS messages, v.begin AS begin, v.reasons AS reasons,
        indexOf({exposing:Array(String)}, v.verdict) AS strength,
        arrayFilter(h -> h.2 <= v.begin AND v.begin < h.3, b.holdings) AS holding,
        arrayJoin(if(empty(holding), [toUInt32(0)], arrayMap(h -> h.1, holding))) AS line
    FROM current AS v
    LEFT ANY JOIN held AS b ON b.mailbox = v.box
    WHERE v.box != '' AND has({exposing:Array(String)}, v.verdict)
      AND v.system = {system:String} AND v.day BETWEEN {first:Date} AND {last:Date}
      AND v.id >= unhex({low_id:String}) AND v.id <= unhex({high_id:String})
)
GROUP BY box, line
