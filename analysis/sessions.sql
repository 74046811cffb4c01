-- Facts of some days of one system: the parts of calls in which a caller was connected to a mailbox.
--
-- A call belongs to the day of its first record. Six hours either side of the days are read, so
-- that a call over midnight stays one; a call with a longer pause between its records becomes
-- two sessions, which loses nobody.
-- A record that names no mailbox (a PIN prompt after `*`, a CDR row that hides the application)
-- belongs to every mailbox that other records of its call name.
INSERT INTO sessions
    (system, day, build, id, call, mailbox, begin, end, ambiguous,
     caller, caller_class, dialled, dialled_class, diverting, diverting_class,
     deposit, opened, demanded, heard, envelope, late, unknown, messages, records)
WITH
    toDateTime64({first:Date}, 3, 'UTC') - INTERVAL 6 HOUR AS since,
    toDateTime64({last:Date}, 3, 'UTC') + INTERVAL 30 HOUR AS until,
    toDateTime64(0, 3, 'UTC') AS never
SELECT
    {system:String},
    begun,
    {build:UInt64},
    sipHash128({system:String}, call, box) AS id,
    call,
    box,
    min(hit_began),
    max(hit_ended),
    max(hit.ambiguous),
    -- Who and where: what the earliest record says that says anything.
    argMinIf(hit.caller, (hit_began, hit.id), hit.caller_class != ''),
    argMinIf(hit.caller_class, (hit_began, hit.id), hit.caller_class != ''),
    argMinIf(hit.dialled, (hit_began, hit.id), hit.dialled_class != ''),
    argMinIf(hit.dialled_class, (hit_began, hit.id), hit.dialled_class != ''),
    argMinIf(hit.diverting, (hit_began, hit.id), hit.diverting_class != ''),
    argMinIf(hit.diverting_class, (hit_began, hit.id), hit.diverting_class != ''),
    countIf(hit.action = 'deposit'),
    countIf(hit.action = 'retrieval' AND hit.auth IN ('skipped', 'failed')),
    countIf(hit.action != 'deposit' AND hit.auth IN ('demanded', 'passed')),
    countIf(hit.action = 'playback' AND open AND NOT after_hangup),
    countIf(hit.action = 'envelope' AND open AND NOT after_hangup),
    countIf(hit.action IN ('playback', 'envelope') AND open AND after_hangup),
    countIf(hit.action = 'unknown' OR (hit.action = 'retrieval' AND hit.auth = '')),
    -- Of files that one application was given in a row, only the first is proven to have begun.
    arraySort(groupUniqArrayArrayIf(arrayMap(m -> concat(hit.folder, '/', m), arraySlice(hit.messages, 1, 1)),
                                    hit.action = 'playback' AND open AND NOT after_hangup)),
    count()
FROM
(
    SELECT
        call,
        begun,
        arrayJoin(hits) AS hit,
        arrayJoin(if(hit.mailbox != '' OR empty(boxes), [hit.mailbox], boxes)) AS box,
        arrayDistinct(arrayFilter(m -> m != '', tupleElement(hits, 'mailbox'))) AS boxes,
        if(hit.kind = 'leg' AND hit.answer > never, hit.answer, hit.start) AS hit_began,
        -- The last sign of the leg closes the session when the application's own end is not logged.
        arrayMax(arrayMap(s -> s.at, arrayFilter(s -> s.leg = hit.leg, signs))) AS hit_ended,
        arrayMin(arrayMap(s -> if(s.hangup AND s.leg = hit.leg, s.at, toDateTime64('2200-01-01', 3, 'UTC')), signs)) AS hangup,
        hit.kind = 'event' AND hit.start >= hangup AS after_hangup,
        hit.auth NOT IN ('demanded', 'passed') AS open
    FROM
    (
        SELECT
            call,
            toDate(min(start), 'UTC') AS begun,
            groupArrayIf(CAST((id, kind, leg, action, auth, mailbox, folder, messages, start, answer, ambiguous,
                               caller, caller_class, dialled, dialled_class, diverting, diverting_class),
                'Tuple(id FixedString(16), kind String, leg String, action String, auth String, mailbox String,
                       folder String, messages Array(String), start DateTime64(3, ''UTC''),
                       answer DateTime64(3, ''UTC''), ambiguous Bool, caller String, caller_class String,
                       dialled String, dialled_class String, diverting String, diverting_class String)'),
                action != '') AS hits,
            groupArray(CAST((leg, greatest(start, end), kind = 'event' AND cause != ''),
                'Tuple(leg String, at DateTime64(3, ''UTC''), hangup Bool)')) AS signs
        FROM records
        WHERE system = {system:String}
          AND day BETWEEN {first:Date} - 1 AND {last:Date} + 1
          AND start >= since AND start < until
          AND call IN
          (
              SELECT call FROM records
              WHERE system = {system:String} AND action != ''
                AND day BETWEEN {first:Date} - 1 AND {last:Date} + 1
                AND start >= since AND start < until
          )
        GROUP BY call
        HAVING begun BETWEEN {first:Date} AND {last:Date}
    )
)
GROUP BY begun, call, box
