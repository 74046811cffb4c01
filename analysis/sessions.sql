-- Facts of some days of one system: the parts of calls in which a caller was connected to a mailbox,
-- from the records of those calls (calls.sql).
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
    (system, day, build, id, call, mailbox, begin, end, until, ambiguous,
     caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted, others,
     deposit, opened, demanded, passed, failed, heard, envelope, late, unknown, messages, greetings, left, moved, servers, records)
WITH
    toDateTime64(0, 3, 'UTC') AS never,
    rows AS
    (
        SELECT * FROM call_rows
        WHERE build = {build:UInt64} AND system = {system:String} AND call >= {low:String} AND ({high:String} = '' OR call < {high:String})
    ),
    legs AS
    (
        SELECT
            call, leg,
            -- The last sign of the leg closes the session when the application's own end is not logged.
            max(if(kind = 'message', start, greatest(start, end))) AS last_sign,
            minIf(start, kind = 'event' AND cause != '') AS hangup,
            arraySort(groupArrayIf(start, kind = 'event')) AS events,
            groupArrayIf(start, action != '') AS hits,
            groupUniqArrayIf((mailbox, dialled, kind = 'message'), action != '' AND mailbox != '') AS named,
            groupUniqArrayIf((start, mailbox, app = 'VMAuthenticate'), action != '' AND (app = 'VMAuthenticate' OR auth = 'passed')) AS logins
        FROM rows
        GROUP BY call, leg
    ),
    calls AS
    (
        -- All that the call's records say of who called, what was dialled and from where it was
        -- diverted: a leg that shows no voicemail may show the diversion.
        SELECT
            call,
            arraySort(groupUniqArrayIf(server, kind != 'message')) AS servers,
            arraySort(arrayConcat(
                groupUniqArrayIf(concat('caller ', if(caller = '', caller_class, caller)), caller_class != ''),
                groupUniqArrayIf(concat('dialled ', dialled), dialled != ''),
                groupUniqArrayIf(concat('diverting ', diverting), diverting_class != ''))) AS parties
        FROM rows
        GROUP BY call
    )
SELECT
    {system:String},
    day,
    {build:UInt64},
    sipHash128({system:String}, call, day, leg, box, if(box = '', dialled, '')),
    call,
    box,
    min(begin),
    max(last_sign),
    -- In the mailbox until the application's last event, or as long as the leg.
    if(countIf(kind = 'event') > 0, maxIf(start, kind = 'event'), max(last_sign)),
    max(ambiguous),
    -- Who and where: what the earliest record says that says anything.
    argMinIf(caller, rank, caller_class != ''),
    argMinIf(caller_class, rank, caller_class != ''),
    argMinIf(dialled, rank, dialled_class != ''),
    argMinIf(dialled_class, rank, dialled_class != ''),
    argMinIf(diverting, rank, diverting_class != ''),
    argMinIf(diverting_class, rank, diverting_class != ''),
    max(undiverted),
    any(parties),
    countIf(action = 'deposit'),
    countIf(action = 'retrieval' AND auth = 'skipped' AND open),
    countIf(action != 'deposit' AND (auth IN ('demanded', 'passed') OR asked_before)),
    -- A login that names no mailbox proves no right to the one that is played.
    countIf(auth = 'passed' AND mailbox != ''),
    countIf(auth = 'failed'),
    countIf(action = 'playback' AND kind != 'message' AND open AND NOT after_hangup),
    countIf(action = 'envelope' AND open AND NOT after_hangup),
    countIf(action IN ('playback', 'envelope') AND open AND after_hangup),
    countIf(action = 'unknown' OR (action = 'retrieval' AND auth = '')),
    -- Of files that one application was given in a row, only the first is proven to have begun.
    arrayMap(n -> CAST((n, arraySum(arrayMap(m -> if(m.1 = n, m.2, 0), sounded))), 'Tuple(name String, seconds Float32)'), arraySort(arrayDistinct(arrayMap(m -> m.1, groupArrayIf(
        (if(folder = '', messages[1], concat(folder, '/', messages[1])), seconds),
        notEmpty(messages) AND action = 'playback' AND (kind = 'message' OR (open AND NOT after_hangup))) AS sounded)))),
    groupUniqArrayIf(folder, action = 'deposit' AND folder != ''),
    groupUniqArrayArrayIf(messages, kind = 'message' AND action = 'deposit'),
    countIf(kind = 'message' AND action = 'playback'),
    any(servers),
    count()
FROM
(
    SELECT
        * EXCEPT (boxes, hits, events, named, logins, next),
        toDate(arrayMin(arrayFilter(h -> h >= start - INTERVAL 2 HOUR, hits)), 'UTC') AS day,
        auth NOT IN ('demanded', 'passed') AND NOT asked_before AS open,
        kind = 'event' AND hangup > never AND start >= hangup AS after_hangup,
        if(sounding AND next > never, dateDiff('millisecond', start, next) / 1000, 0) AS seconds,
        if(kind = 'leg' AND answer > never, answer, start) AS begin,
        -- By time, and then by something that is always the same.
        bitOr(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(begin)), 64), reinterpretAsUInt64(id)) AS rank,
        arrayJoin(if(mailbox != '' OR empty(boxes), [mailbox], boxes)) AS box
    FROM
    (
        SELECT
            *,
            arrayFirst(e -> e > start, events) AS next,
            arrayDistinct(arrayMap(n -> n.1, arrayFilter(
                n -> (NOT n.3 OR n.2 = dialled)
                    -- A DID in one record is the extension in another.
                    AND (n.2 IN (dialled, '') OR dialled IN ('', splitByChar('@', n.1)[1])), named))) AS boxes,
            -- Asterisk's VMAuthenticate asks for the PIN, and lets only who knew it go on in the dial plan.
            -- So is a logged login: nobody hears a message and then gives the PIN in the same moment.
            arrayExists(l -> l.1 <= start AND if(l.3, l.2 IN ('', mailbox), l.2 = mailbox OR l.2 = '' AND length(boxes) < 2), logins) AS asked_before
        FROM (SELECT * FROM rows WHERE action != '') AS hit
        INNER JOIN legs USING (call, leg)
        INNER JOIN calls USING (call)
    )
)
WHERE day BETWEEN {first:Date} AND {last:Date}
GROUP BY day, call, leg, box, if(box = '', dialled, '')
SETTINGS optimize_aggregation_in_order = 1 -- the work rows lie in the order of calls
