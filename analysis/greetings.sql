-- Sessions in which a greeting was played that is somebody's message, byte for byte: what was
-- exposed is that person's mailbox, whatever was dialled. Sure is it where the deposit application
-- was to play that greeting; where the records hide the application, or the greeting was seen last
-- before the call, it may have been.
INSERT INTO situation_rows
    (run, system, day, id, call, box, dialled, dialled_boxes, caller, caller_class, begin, end,
     ambiguous, probe, diverted, stranger, listed, changed, greeting, maybe_greeting, inside, messages)
SELECT
    {run:UInt64}, {system:String}, any(day), sipHash128(id, owner, message), any(call), owner, any(dialled), any(dialled_boxes), any(caller), any(caller_class), any(begin), any(end),
    any(ambiguous), any(probe), any(diverted), true,
    NOT {list:Bool} OR has({listed:Array(String)}, splitByChar('@', owner)[1]) OR has({listed:Array(String)}, owner), any(changed),
    max(dated AND shown) AS sure, NOT sure, true, [('', message, toFloat32(0))]
FROM
(
    SELECT
        s.id AS id, s.day AS day, s.call AS call, s.dialled AS dialled, s.dialled_boxes AS dialled_boxes, s.caller AS caller, s.caller_class AS caller_class,
        s.begin AS begin, s.end AS end, s.ambiguous AS ambiguous, s.probe AS probe, s.diverted AS diverted, s.changed AS changed,
        g.owner AS owner, g.message AS message, g.dated AND s.begin <= g.seen AS dated,
        -- A temporary greeting replaces the others.
        s.deposit > 0 AND notEmpty(s.greetings) AND (g.name = 'temp' OR has(s.greetings, g.name)) AS shown
    FROM situation_rows AS s
    GLOBAL INNER JOIN
    (
        SELECT
            name, since, seen, dated, message,
            -- Either mailbox may be named by its holder's DID.
            arrayJoin(if(arrayExists(h -> h.called, m.holdings), arrayDistinct(arrayMap(h -> h.mailbox, arrayFilter(h -> h.called, m.holdings))), [g.at])) AS mailbox,
            arrayJoin(if(arrayExists(h -> h.called, o.holdings), arrayDistinct(arrayMap(h -> h.mailbox, arrayFilter(h -> h.called, o.holdings))), [g.of])) AS owner
        FROM
        (
            SELECT
                mailbox AS at, folder AS name, start AS since, end AS seen, event = 'greeting' AS dated,
                splitByChar('/', messages[1]) AS path,
                if(length(path) = 3, path[1], mailbox) AS of,
                path[-1] AS message
            FROM records
            WHERE system = {system:String} AND kind = 'message' AND event LIKE 'greeting%'
        ) AS g
        LEFT ANY JOIN (SELECT identity, holdings FROM holdings WHERE version = {directory:UInt64}) AS m ON m.identity = if(g.at IN (SELECT mailbox FROM directory FINAL WHERE version = {directory:UInt64}), '', g.at)
        LEFT ANY JOIN (SELECT identity, holdings FROM holdings WHERE version = {directory:UInt64}) AS o ON o.identity = if(g.of IN (SELECT mailbox FROM directory FINAL WHERE version = {directory:UInt64}), '', g.of)
    ) AS g ON g.mailbox = s.box
    WHERE s.run = {run:UInt64} AND s.system = {system:String} AND s.inside AND s.stranger AND s.deposit + s.unknown > 0
      AND s.begin >= g.since
      -- The name (greet) is played where there is no other greeting.
      AND (shown OR g.name IN ('temp', 'greet') OR empty(s.greetings))
)
GROUP BY id, owner, message
