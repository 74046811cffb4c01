-- Facts of some days of one system: the parts of calls in which a caller was connected to a mailbox.
--
-- A hit is a record that shows voicemail. It belongs to the day of the earliest hit of its leg in
-- the two hours before it, which is the same whatever slice of days is derived: the day before and
-- the day after are read whole. So a session over midnight stays one, and none is lost or doubled;
-- one of more than two hours may become two.
--
-- A hit that names no mailbox (a PIN prompt after `*`, a CDR row that hides the application)
-- belongs to the mailboxes that other hits of its leg name for the same dialled number; else it is
-- a session of its own, at the number that was dialled.
INSERT INTO sessions
    (system, day, build, id, call, mailbox, begin, end, ambiguous,
     caller, caller_class, dialled, dialled_class, diverting, diverting_class, others,
     deposit, opened, demanded, passed, failed, heard, envelope, late, unknown, messages, servers, records)
WITH toDateTime64(0, 3, 'UTC') AS never
SELECT
    {system:String},
    hit_day,
    {build:UInt64},
    sipHash128({system:String}, call, hit_day, hit.leg, box, if(box = '', hit.dialled, '')) AS id,
    call,
    box,
    min(hit_begin),
    max(hit_end),
    max(hit.ambiguous),
    -- Who and where: what the earliest record says that says anything.
    argMinIf(hit.caller, (hit_begin, hit.id), hit.caller_class != ''),
    argMinIf(hit.caller_class, (hit_begin, hit.id), hit.caller_class != ''),
    argMinIf(hit.dialled, (hit_begin, hit.id), hit.dialled_class != ''),
    argMinIf(hit.dialled_class, (hit_begin, hit.id), hit.dialled_class != ''),
    argMinIf(hit.diverting, (hit_begin, hit.id), hit.diverting_class != ''),
    argMinIf(hit.diverting_class, (hit_begin, hit.id), hit.diverting_class != ''),
    any(parties),
    countIf(hit.action = 'deposit'),
    countIf(hit.action = 'retrieval' AND hit.auth = 'skipped' AND open),
    countIf(hit.action != 'deposit' AND (hit.auth IN ('demanded', 'passed', 'failed') OR asked_before)),
    -- A login that names no mailbox is one to the leg's only one.
    countIf(hit.auth = 'passed' AND (hit.mailbox != '' OR length(boxes) < 2)),
    countIf(hit.auth = 'failed'),
    countIf(hit.action = 'playback' AND open AND NOT after_hangup),
    countIf(hit.action = 'envelope' AND open AND NOT after_hangup),
    countIf(hit.action IN ('playback', 'envelope') AND open AND after_hangup),
    countIf(hit.action = 'unknown' OR (hit.action = 'retrieval' AND hit.auth = '')),
    -- Of files that one application was given in a row, only the first is proven to have begun.
    arraySort(groupUniqArrayArrayIf(arrayMap(m -> concat(hit.folder, '/', m), arraySlice(hit.messages, 1, 1)),
                                    hit.action = 'playback' AND open AND NOT after_hangup)),
    arraySort(groupUniqArray(hit.server)),
    count()
FROM
(
    SELECT
        call,
        parties,
        arrayJoin(hits) AS hit,
        toDate(arrayMin(arrayMap(h -> if(h.leg = hit.leg AND h.start >= hit.start - INTERVAL 2 HOUR, h.start, hit.start), hits)), 'UTC') AS hit_day,
        arrayJoin(if(hit.mailbox != '' OR empty(boxes), [hit.mailbox], boxes)) AS box,
        arrayDistinct(arrayMap(h -> h.mailbox, arrayFilter(
            h -> h.mailbox != '' AND h.leg = hit.leg
                -- A DID in one record is the extension in another.
                AND (h.dialled IN (hit.dialled, '') OR hit.dialled IN ('', splitByChar('@', h.mailbox)[1])), hits))) AS boxes,
        if(hit.kind = 'leg' AND hit.answer > never, hit.answer, hit.start) AS hit_begin,
        -- The last sign of the leg closes the session when the application's own end is not logged.
        arrayMax(arrayMap(s -> s.at, arrayFilter(s -> s.leg = hit.leg, signs))) AS hit_end,
        arrayMin(arrayMap(s -> if(s.hangup AND s.leg = hit.leg, s.at, toDateTime64('2200-01-01', 3, 'UTC')), signs)) AS hangup,
        hit.kind = 'event' AND hit.start >= hangup AS after_hangup,
        -- Asterisk's VMAuthenticate asks for the PIN, and lets only who knew it go on in the dial plan.
        -- So is a logged login: nobody hears a message and then gives the PIN in the same moment.
        arrayExists(h -> h.leg = hit.leg AND h.start <= hit.start
                         AND (h.app = 'VMAuthenticate' AND h.mailbox IN ('', hit.mailbox)
                              OR h.auth = 'passed' AND (h.mailbox = hit.mailbox OR h.mailbox = '' AND length(boxes) < 2)), hits) AS asked_before,
        hit.auth NOT IN ('demanded', 'passed') AND NOT asked_before AS open
    FROM
    (
        SELECT
            call,
            groupArrayIf(CAST((id, kind, leg, app, action, auth, mailbox, folder, messages, start, answer, ambiguous,
                               caller, caller_class, dialled, dialled_class, diverting, diverting_class, server),
                'Tuple(id FixedString(16), kind String, leg String, app String, action String, auth String, mailbox String,
                       folder String, messages Array(String), start DateTime64(3, ''UTC''),
                       answer DateTime64(3, ''UTC''), ambiguous Bool, caller String, caller_class String,
                       dialled String, dialled_class String, diverting String, diverting_class String, server String)'),
                action != '') AS hits,
            groupArray(CAST((leg, greatest(start, end), kind = 'event' AND cause != ''),
                'Tuple(leg String, at DateTime64(3, ''UTC''), hangup Bool)')) AS signs,
            -- All that the call's records say of who called, what was dialled and from where it was
            -- diverted: a leg that shows no voicemail may show the diversion.
            arraySort(arrayConcat(
                groupUniqArrayIf(concat('caller ', if(caller = '', caller_class, caller)), caller_class != ''),
                groupUniqArrayIf(concat('dialled ', dialled), dialled != ''),
                groupUniqArrayIf(concat('diverting ', diverting), diverting_class != ''))) AS parties
        FROM records
        WHERE system = {system:String}
          AND day BETWEEN {first:Date} - 1 AND {last:Date} + 1
          AND call IN
          (
              -- with a hit that can belong to these days
              SELECT call FROM records
              WHERE system = {system:String} AND action != '' AND day BETWEEN {first:Date} AND {last:Date} + 1
                AND start < toDateTime64({last:Date}, 3, 'UTC') + INTERVAL 26 HOUR
          )
        GROUP BY call
    )
)
WHERE hit_day BETWEEN {first:Date} AND {last:Date}
GROUP BY hit_day, call, hit.leg, box, if(box = '', hit.dialled, '')
