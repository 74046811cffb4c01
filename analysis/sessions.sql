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
--
-- What the spool shows is joined to the call on whose channel the message was left. What fits no
-- call is a session of its own, as is every message that somebody has listened to: by whom, is
-- judged when all sessions are known (attribute.sql).
INSERT INTO sessions
    (system, day, build, id, call, mailbox, begin, end, until, ambiguous,
     caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted, others,
     deposit, opened, demanded, passed, failed, heard, envelope, late, unknown, messages, greetings, left, moved, servers, records)
WITH
    toDateTime64(0, 3, 'UTC') AS never,
    toDateTime64('2200-01-01', 3, 'UTC') AS never_ends,
    {{- if .Stored}}
    placed AS
    (
        -- The counter of a channel begins anew when the system does: so the caller must be the same,
        -- and the leg must not have ended.
        SELECT id, argMax((call, leg), begun) AS at
        FROM
        (
        SELECT m.id AS id, r.call AS call, r.leg AS leg, min(r.start) AS begun, any(m.start) AS left, max(r.end) AS ended
        FROM
        (
            SELECT id, channel, start, caller FROM records
            WHERE system = {system:String} AND day BETWEEN {first:Date} - 1 AND {last:Date} + 1
              AND kind = 'message' AND channel != ''
        ) AS m
        GLOBAL INNER JOIN
        (
            SELECT channel, call, leg, start, end, caller FROM records
            WHERE system = {system:String} AND day BETWEEN {first:Date} - 1 AND {last:Date} + 1
              AND kind != 'message' AND channel != ''
              AND channel GLOBAL IN (SELECT channel FROM records WHERE system = {system:String}
                                  AND day BETWEEN {first:Date} - 1 AND {last:Date} + 1 AND kind = 'message')
        ) AS r ON r.channel = m.channel
        WHERE m.start >= r.start - INTERVAL 1 SECOND AND m.start < r.start + INTERVAL 2 HOUR
          AND (m.caller = '' OR r.caller = '' OR m.caller = r.caller)
        GROUP BY id, call, leg
        HAVING ended = never OR left <= ended + INTERVAL 2 SECOND
        )
        GROUP BY id
    ),
    {{- end}}
    rows AS
    (
        SELECT call, id, kind, leg, app, action, auth, mailbox, folder, messages, sounding, start, answer, end, ambiguous, cause,
            caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted, server
        FROM records
        WHERE system = {system:String} AND kind != 'message'
          AND day BETWEEN {first:Date} - 1 AND {last:Date} + 1
          AND call >= {low:String} AND ({high:String} = '' OR call < {high:String})
          AND call GLOBAL IN
          (
              -- with a hit that can belong to these days
              SELECT call FROM records
              WHERE system = {system:String} AND action != '' AND day BETWEEN {first:Date} AND {last:Date} + 1
                AND call >= {low:String} AND ({high:String} = '' OR call < {high:String})
                AND start < toDateTime64({last:Date}, 3, 'UTC') + INTERVAL 26 HOUR
              {{- if .Stored}}
              UNION DISTINCT
              SELECT at.1 FROM placed
              {{- end}}
          )
        {{- if .Stored}}
        UNION ALL
        SELECT if(p.at.1 = '', r.call, p.at.1) AS of, r.id, kind, if(p.at.1 = '', r.leg, p.at.2), app, action, auth, mailbox, folder, messages, sounding, start, answer, end, ambiguous, cause,
            caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted, server
        FROM records AS r
        GLOBAL LEFT ANY JOIN placed AS p ON p.id = r.id
        WHERE system = {system:String} AND kind = 'message' AND action != ''
          AND day BETWEEN {first:Date} - 1 AND {last:Date} + 1
          AND of >= {low:String} AND ({high:String} = '' OR of < {high:String})
        {{- end}}
    )
SELECT
    {system:String},
    hit_day,
    {build:UInt64},
    sipHash128({system:String}, call, hit_day, hit.leg, box, if(box = '', hit.dialled, '')) AS id,
    call,
    box,
    min(hit_begin),
    max(hit_end),
    -- In the mailbox until the application's last event, or as long as the leg.
    if(countIf(hit.kind = 'event') > 0, maxIf(hit.start, hit.kind = 'event'), max(hit_end)),
    max(hit.ambiguous),
    -- Who and where: what the earliest record says that says anything.
    argMinIf(hit.caller, (hit_begin, hit.id), hit.caller_class != ''),
    argMinIf(hit.caller_class, (hit_begin, hit.id), hit.caller_class != ''),
    argMinIf(hit.dialled, (hit_begin, hit.id), hit.dialled_class != ''),
    argMinIf(hit.dialled_class, (hit_begin, hit.id), hit.dialled_class != ''),
    argMinIf(hit.diverting, (hit_begin, hit.id), hit.diverting_class != ''),
    argMinIf(hit.diverting_class, (hit_begin, hit.id), hit.diverting_class != ''),
    max(hit.undiverted),
    any(parties),
    countIf(hit.action = 'deposit'),
    countIf(hit.action = 'retrieval' AND hit.auth = 'skipped' AND open),
    countIf(hit.action != 'deposit' AND (hit.auth IN ('demanded', 'passed') OR asked_before)),
    -- A login that names no mailbox proves no right to the one that is played.
    countIf(hit.auth = 'passed' AND hit.mailbox != ''),
    countIf(hit.auth = 'failed'),
    countIf(hit.action = 'playback' AND hit.kind != 'message' AND open AND NOT after_hangup),
    countIf(hit.action = 'envelope' AND open AND NOT after_hangup),
    countIf(hit.action IN ('playback', 'envelope') AND open AND after_hangup),
    countIf(hit.action = 'unknown' OR (hit.action = 'retrieval' AND hit.auth = '')),
    -- Of files that one application was given in a row, only the first is proven to have begun.
    arrayMap(n -> CAST((n, arraySum(arrayMap(m -> if(m.1 = n, m.2, 0), sounded))), 'Tuple(name String, seconds Float32)'), arraySort(arrayDistinct(arrayMap(m -> m.1, groupArrayIf(
        (if(hit.folder = '', hit.messages[1], concat(hit.folder, '/', hit.messages[1])), seconds),
        notEmpty(hit.messages) AND hit.action = 'playback' AND (hit.kind = 'message' OR (open AND NOT after_hangup))) AS sounded)))),
    groupUniqArrayIf(hit.folder, hit.action = 'deposit' AND hit.folder != ''),
    groupUniqArrayArrayIf(hit.messages, hit.kind = 'message' AND hit.action = 'deposit'),
    countIf(hit.kind = 'message' AND hit.action = 'playback'),
    any(servers),
    count()
FROM
(
    -- One step after the other: aliases of aliases in one SELECT take the engine long to plan.
    SELECT
        *,
        hit.auth NOT IN ('demanded', 'passed') AND NOT asked_before AS open,
        hit.kind = 'event' AND hit.start >= hangup AS after_hangup,
        if(hit.sounding AND next < never_ends, dateDiff('millisecond', hit.start, next) / 1000, 0) AS seconds,
        if(hit.kind = 'leg' AND hit.answer > never, hit.answer, hit.start) AS hit_begin,
        arrayJoin(if(hit.mailbox != '' OR empty(boxes), [hit.mailbox], boxes)) AS box
    FROM
    (
        SELECT
            *,
            -- Asterisk's VMAuthenticate asks for the PIN, and lets only who knew it go on in the dial plan.
            -- So is a logged login: nobody hears a message and then gives the PIN in the same moment.
            arrayExists(h -> h.start <= hit.start
                             AND (h.app = 'VMAuthenticate' AND h.mailbox IN ('', hit.mailbox)
                                  OR h.auth = 'passed' AND (h.mailbox = hit.mailbox OR h.mailbox = '' AND length(boxes) < 2)), near) AS asked_before
        FROM
        (
            SELECT
                call, parties, servers, hit, near,
                toDate(arrayMin(arrayMap(h -> if(h.start >= hit.start - INTERVAL 2 HOUR, h.start, hit.start), near)), 'UTC') AS hit_day,
                arrayDistinct(arrayMap(h -> h.mailbox, arrayFilter(
                    h -> h.mailbox != '' AND (h.kind != 'message' OR h.dialled = hit.dialled)
                        -- A DID in one record is the extension in another.
                        AND (h.dialled IN (hit.dialled, '') OR hit.dialled IN ('', splitByChar('@', h.mailbox)[1])), near))) AS boxes,
                -- The last sign of the leg closes the session when the application's own end is not logged.
                arrayMax(arrayMap(s -> s.at, seen)) AS hit_end,
                arrayMin(arrayMap(s -> if(s.hangup, s.at, never_ends), seen)) AS hangup,
                arrayMin(arrayMap(s -> if(s.event AND s.at > hit.start, s.at, never_ends), seen)) AS next
            FROM
            (
                -- What the same leg shows besides.
                SELECT call, parties, servers, hit, arrayFilter(h -> h.leg = hit.leg, hits) AS near, arrayFilter(s -> s.leg = hit.leg, signs) AS seen
                FROM (SELECT call, parties, servers, hits, signs, arrayJoin(hits) AS hit FROM
                (
                SELECT
                    call,
                    groupArrayIf(CAST((id, kind, leg, app, action, auth, mailbox, folder, messages, sounding, start, answer, ambiguous,
                                       caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted, server),
                        'Tuple(id FixedString(16), kind String, leg String, app String, action String, auth String, mailbox String,
                               folder String, messages Array(String), sounding Bool, start DateTime64(3, ''UTC''),
                               answer DateTime64(3, ''UTC''), ambiguous Bool, caller String, caller_class String,
                               dialled String, dialled_class String, diverting String, diverting_class String, undiverted Bool, server String)'),
                        action != '') AS hits,
                    groupArray(CAST((leg, if(kind = 'message', start, greatest(start, end)), kind = 'event', kind = 'event' AND cause != ''),
                        'Tuple(leg String, at DateTime64(3, ''UTC''), event Bool, hangup Bool)')) AS signs,
                    -- All that the call's records say of who called, what was dialled and from where it was
                    -- diverted: a leg that shows no voicemail may show the diversion.
                    arraySort(groupUniqArrayIf(server, kind != 'message')) AS servers,
                    arraySort(arrayConcat(
                        groupUniqArrayIf(concat('caller ', if(caller = '', caller_class, caller)), caller_class != ''),
                        groupUniqArrayIf(concat('dialled ', dialled), dialled != ''),
                        groupUniqArrayIf(concat('diverting ', diverting), diverting_class != ''))) AS parties
                FROM rows
                GROUP BY call
                ))
            )
        )
    )
)
WHERE hit_day BETWEEN {first:Date} AND {last:Date}
GROUP BY hit_day, call, hit.leg, box, if(box = '', hit.dialled, '')
