-- Records of some days of one system that show voicemail, with what their leg and call show besides.
--
-- A hit is a record that shows voicemail. It belongs to the day of the earliest hit of its leg in
-- the two hours before it, which is the same whatever slice of days is derived: the day before and
-- the day after are read whole. So a session over midnight stays one, and none is lost or doubled;
-- one of more than two hours may become two.
--
-- A hit that names no mailbox (a PIN prompt after `*`, a CDR row that hides the application)
-- belongs to the mailboxes that other hits of its leg name for the same dialled number; else it is
-- a session of its own, at the number that was dialled.
INSERT INTO hit_rows
    (build, system, day, call, leg, box, id, kind, action, auth, mailbox, folder, messages, start, begin, end, ambiguous,
     caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted,
     parties, servers, asked_before, open, after_hangup, seconds)
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
            -- An event in the repeated autumn hour ends when it was at the latest: a hangup shows nothing
            -- of what was logged before that.
            minIf(greatest(start, end), kind = 'event' AND cause != '') AS hangup,
            arraySort(groupArrayIf(greatest(start, end), kind = 'event')) AS events,
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
    {build:UInt64}, {system:String},
    toDate(arrayMin(arrayFilter(h -> h >= start - INTERVAL 2 HOUR, hits)), 'UTC') AS day,
    call, leg,
    arrayJoin(if(mailbox != '' OR empty(boxes), [mailbox], boxes)),
    id, kind, action, auth, mailbox, folder, messages, start,
    if(kind = 'leg' AND answer > never, answer, start),
    last_sign, ambiguous,
    caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted,
    parties, servers, asked_before,
    auth NOT IN ('demanded', 'passed') AND NOT asked_before,
    kind = 'event' AND hangup > never AND start >= hangup,
    if(sounding AND next > never, dateDiff('millisecond', start, next) / 1000, 0)
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
WHERE day BETWEEN {first:Date} AND {last:Date}
SETTINGS optimize_aggregation_in_order = 1 -- the work rows lie in the order of calls
