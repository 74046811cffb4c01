-- One verdict per session: the detector with the lowest precedence decides; the reasons of all
-- detectors that say the same verdict are kept, with the circumstances.
INSERT INTO verdicts
    (audit, run, system, day, id, call, box, dialled, caller, caller_class, begin, end,
     verdict, grade, detector, reasons, messages)
WITH
claimed AS
(
    SELECT
        id,
        countIf(sure) AS moved,
        countIf(NOT sure) AS maybe_moved,
        -- Ids begin with the time, and INBOX is in the order of time.
        arraySort(groupUniqArrayIf(splitByChar('/', message)[-1], sure)) AS ids
    FROM attribution_rows
    WHERE run = {run:UInt64} AND system = {system:String}
    GROUP BY id
),
situations AS
(
    SELECT
        s.* EXCEPT (maybe),
        c.moved AS moved,
        s.maybe + c.maybe_moved AS maybe,
        arraySort(m -> m.1, arrayFilter(m -> m.1 LIKE 'INBOX/msg%', s.messages)) AS played,
        -- If as many files sounded as messages were moved, they are the same.
        length(played) = length(c.ids) AS paired,
        CAST(arrayConcat(
            arrayMap((m, id) -> (m.1, id, m.2), played, arrayResize(if(paired, c.ids, []), length(played), '')),
            arrayMap(m -> (splitByChar('/', m.1)[-1] LIKE '%-%' ? ('', splitByChar('/', m.1)[-1], m.2) : (m.1, '', m.2)), arrayFilter(m -> NOT has(played, m), s.messages)),
            arrayMap(id -> ('', id, toFloat32(0)), if(paired, [], c.ids)))
            AS Array(Tuple(name String, id String, seconds Float32))) AS named
    FROM situation_rows AS s
    LEFT ANY JOIN claimed AS c ON c.id = s.id
    WHERE run = {run:UInt64} AND system = {system:String} AND day BETWEEN {first:Date} AND {last:Date} AND inside
      AND s.id >= unhex({low_id:String}) AND s.id <= unhex({high_id:String})
      AND s.id NOT IN (SELECT move FROM attribution_rows WHERE run = {run:UInt64} AND system = {system:String})
)
SELECT
    {audit:String}, s.run, s.system, s.day, s.id, s.call, s.box, s.dialled, s.caller, s.caller_class, s.begin, s.end,
    f.decided.2,
    arrayMin(arrayMap(x -> x.3, f.agreeing)),
    f.decided.4,
    arrayDistinct(arrayConcat(
        arrayFlatten(arrayMap(x -> x.5, f.agreeing)),
        if(s.dialled != '' AND NOT has(s.dialled_boxes, s.box), [concat('dialled ', s.dialled)], []),
        if(s.identity AND s.diverted, ['owner-number-on-diverted-leg'], []),
        if(s.identity AND s.shared, ['owner-number-shared'], []),
        if(s.ambiguous, ['time-ambiguous'], []),
        if(s.box = '', ['mailbox-unknown'], []))),
    s.named
FROM situations AS s
INNER JOIN
(
    SELECT
        id,
        arraySort(groupArray((precedence, verdict, grade, detector, reasons))) AS found,
        found[1] AS decided,
        arrayFilter(x -> x.2 = decided.2, found) AS agreeing
    FROM
    (
        {{range $i, $d := .}}{{if $i}}
        UNION ALL
        {{end}}SELECT id, {{$d.Precedence}} AS precedence, '{{$d.Verdict}}' AS verdict, '{{$d.Grade}}' AS grade, '{{$d.Name}}' AS detector,
            reasons :: Array(String) AS reasons
        FROM ({{$d.SQL}}){{end}}
    )
    GROUP BY id
) AS f ON f.id = s.id
