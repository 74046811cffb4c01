-- One verdict per session: the detector with the lowest precedence decides; the reasons of all
-- detectors that say the same verdict are kept, with the circumstances.
INSERT INTO verdicts
    (audit, run, system, day, id, call, box, dialled, caller, caller_class, begin, end,
     verdict, grade, detector, reasons, messages)
WITH situations AS
(
    -- Of a session that was given messages (claim.sql), the row that has them; of a message that was
    -- given to a session, none.
    SELECT * FROM situation_rows
    WHERE run = {run:UInt64} AND system = {system:String} AND day BETWEEN {first:Date} AND {last:Date} AND inside
      AND id >= unhex({low_id:String}) AND id <= unhex({high_id:String})
      AND (claimed OR id NOT IN (SELECT arrayJoin([id, move]) FROM attribution_rows WHERE run = {run:UInt64}))
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
    s.messages
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
