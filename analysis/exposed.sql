-- Who was exposed, and how surely: one row per holder of a mailbox with an exposing session.
-- A mailbox that the directory does not know stands under its own number.
WITH
    {{template "current"}},
    boxes AS
    (
        SELECT mailbox, arraySort(groupArray((line, extension, name, unit, controller, protected, valid_from, valid_to))) AS holders
        FROM directory FINAL
        WHERE version = {directory:UInt64}
        GROUP BY mailbox
    )
SELECT
    holder.2 AS extension,
    holder.1 AS line,
    any(holder.3),
    any(holder.4),
    any(holder.5),
    max(holder.6),
    any(box),
    min(strength) AS strongest,
    minIf(grade, strength = strongest_of_all),
    count(),
    countIf(verdict = 'playback-confirmed'),
    greatest(max(if(verdict = 'playback-confirmed', greatest(1, length(messages)), 0)),
        uniqExactArrayIf(arrayFilter(id -> id != '', arrayMap(m -> m.2, messages)), verdict = 'playback-confirmed')),
    min(begin),
    max(begin),
    -- Why: what the strongest sessions say, and what was dialled in any.
    arraySort(groupUniqArrayArray(if(strength = strongest_of_all, reasons, arrayFilter(r -> startsWith(r, 'dialled '), reasons)))),
    groupUniqArray(system)
FROM
(
    SELECT
        v.*,
        indexOf({exposing:Array(String)}, v.verdict) AS strength,
        arrayFilter(h -> h.7 <= v.begin AND v.begin < h.8, b.holders) AS holding,
        -- Nobody held it then, or it is a mailbox of that number in a context that the directory does
        -- not know: it is listed by its number, and hidden if that was ever a protected one.
        arrayJoin(if(empty(holding),
            [(toUInt32(0), v.box, '', '', '', arrayExists(h -> h.6, b.holders) OR arrayExists(h -> h.6, p.holders), v.begin, v.begin)],
            holding)) AS holder,
        min(strength) OVER (PARTITION BY holder.2, holder.1) AS strongest_of_all
    FROM current AS v
    LEFT ANY JOIN boxes AS b ON b.mailbox = v.box
    LEFT ANY JOIN boxes AS p ON p.mailbox = splitByChar('@', v.box)[1]
    WHERE v.box != '' AND has({exposing:Array(String)}, v.verdict)
)
GROUP BY extension, line
ORDER BY extension, line
