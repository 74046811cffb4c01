-- Who was exposed, and how surely: one row per holder of a mailbox with an exposing session, of one
-- part of the mailboxes.
-- A mailbox that nobody held then, or of a context that the directory does not know, stands under
-- its own number, and is hidden if that was ever a protected one.
WITH
    {{template "current"}},
    people AS (SELECT * FROM directory FINAL WHERE version = {directory:UInt64}),
    held AS
    (
        SELECT mailbox, groupArray((line, valid_from, valid_to)) AS holdings, max(protected) AS ever_protected
        FROM people GROUP BY mailbox
    )
SELECT
    if(e.line = 0, e.box, d.extension) AS extension,
    e.line,
    d.name, d.unit, d.controller,
    if(e.line = 0, greatest(b.ever_protected, p.ever_protected), d.protected),
    e.box, e.strongest, e.grade, e.sessions, e.confirmed,
    greatest(e.played_at_once, e.played),
    e.first, e.last,
    -- Why: what the strongest sessions say, and what was dialled in any.
    arraySort(arrayDistinct(arrayConcat(arrayFlatten(arrayMap(w -> w.2, arrayFilter(w -> w.1 = e.strongest, e.why))), e.dialled))),
    e.systems
FROM
(
    SELECT
        box, line,
        min(strength) AS strongest,
        min((strength, grade)).2 AS grade,
        count() AS sessions,
        countIf(strength = 1) AS confirmed,
        -- A message that one source names by its file and another by its id is one.
        maxIf(greatest(1, arrayCount(f -> f != '', messages.name), arrayCount(id -> id != '', messages.id)), strength = 1) AS played_at_once,
        uniqExactArrayIf(arrayFilter(id -> id != '', messages.id), strength = 1) AS played,
        min(begin) AS first, max(begin) AS last,
        groupUniqArray((strength, reasons)) AS why,
        groupUniqArrayArray(arrayFilter(r -> startsWith(r, 'dialled '), reasons)) AS dialled,
        groupUniqArray(system) AS systems
    FROM
    (
        SELECT
            v.box AS box, v.grade AS grade, v.messages AS messages, v.begin AS begin, v.reasons AS reasons, v.system AS system,
            indexOf({exposing:Array(String)}, v.verdict) AS strength,
            arrayFilter(h -> h.2 <= v.begin AND v.begin < h.3, b.holdings) AS holding,
            arrayJoin(if(empty(holding), [toUInt32(0)], arrayMap(h -> h.1, holding))) AS line
        FROM current AS v
        LEFT ANY JOIN held AS b ON b.mailbox = v.box
        WHERE v.box != '' AND has({exposing:Array(String)}, v.verdict) AND cityHash64(v.box) % {parts:UInt64} = {part:UInt64}
    )
    GROUP BY box, line
) AS e
LEFT ANY JOIN people AS d ON d.line = e.line
LEFT ANY JOIN held AS b ON b.mailbox = e.box
LEFT ANY JOIN held AS p ON p.mailbox = splitByChar('@', e.box)[1]
