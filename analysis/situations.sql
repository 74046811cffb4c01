-- The sessions of some days and calls that touch the window or come near it, with what directory,
-- plan and change say of them.
--
-- An owner's number proves the owner only on an undiverted leg: one whose records say that an access
-- number was dialled, and nothing else of the call, and that it was not diverted. (Where they cannot
-- say that, a demanded PIN does as well.) A call to a staff extension that reached voicemail was
-- diverted, whatever number it presents; but only another caller's number, or its own as the diverting
-- one, shows that somebody else called. In between it is doubtful: nobody is proven.
INSERT INTO situation_rows
    (run, system, day, id, call, box, dialled, dialled_boxes, caller, caller_class, begin, end,
     ambiguous, probe, identity, shared, diverted, doubtful, stranger, listed, changed, misrouted,
     deposit, opened, demanded, passed, failed, heard, envelope, late, unknown, greetings, left, until, unclaimed, inside, messages)
SELECT
    {run:UInt64}, system, day,
    -- Behind one number there may be several mailboxes: then each has its situation.
    if(several, sipHash128(id, box), id),
    call, box, dialled_extension, dialled_boxes, caller, caller_class, begin, end, ambiguous, probe,
    identity, length(caller_boxes) > 1 AS shared, diverted,
    identity AND stranger AND NOT somebody_else AS doubtful,
    NOT (identity AND NOT diverted AND (undiverted OR (demanded > 0 AND opened + heard + envelope = 0))) AS stranger,
    NOT {list:Bool} OR (box = '' AND dialled_extension = '')
        OR has({listed:Array(String)}, splitByChar('@', box)[1]) OR has({listed:Array(String)}, box)
        OR has({listed:Array(String)}, dialled_extension) AS listed,
    empty({servers:Array(String)}) OR empty(servers) OR has(servers, '') OR hasAny(arrayMap(n -> splitByChar('.', lower(n))[1], servers), arrayMap(n -> splitByChar('.', lower(n))[1], {servers:Array(String)})) AS changed,
    -- Only where the directory knows both: another name or context is no other mailbox.
    dialled_held AND box IN (SELECT mailbox FROM directory FINAL WHERE version = {directory:UInt64})
        AND NOT has(arrayMap(b -> splitByChar('@', b)[1], dialled_boxes), splitByChar('@', box)[1]) AS misrouted,
    deposit, opened, demanded, passed, failed, heard, envelope, late, unknown, greetings, left, until, moved,
    {inside:Bool} AND ({open:Bool} OR begin < {to:DateTime64(3, 'UTC')}) AND greatest(end, begin) >= {from:DateTime64(3, 'UTC')} AS inside,
    -- What the spool moved has an id; what the log names has a file.
    arrayMap(m -> CAST(if(splitByChar('/', m.name)[-1] LIKE '%-%', ('', splitByChar('/', m.name)[-1], m.seconds), (m.name, '', m.seconds)), 'Tuple(name String, id String, seconds Float32)'), messages)
FROM
(
    SELECT
        s.*, r.dialled AS dialled_extension, r.* EXCEPT (run, system, day, call, id, dialled, made),
        NOT access OR somebody_else OR diverting_class != ''
            OR arrayExists(o -> startsWith(o, 'diverting ')
                OR (startsWith(o, 'dialled ') AND substring(o, 9) IN (SELECT identity FROM holdings WHERE version = {directory:UInt64} AND arrayExists(h -> h.called, holdings))), others) AS diverted,
        notEmpty(caller_boxes) AND (has(caller_boxes, box) OR (box = '' AND NOT diverted)) AS identity
    FROM (SELECT * FROM sessions WHERE {{template "near"}}) AS s
    INNER JOIN (SELECT * FROM reached_rows WHERE run = {run:UInt64} AND system = {system:String}
        AND call >= {low:String} AND ({high:String} = '' OR call < {high:String})) AS r ON r.id = s.id
)
