-- The sessions of some days and calls that touch the window or come near it, with what directory, plan and change say of them.
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
WITH
    {{template "holds"}}
SELECT
    {run:UInt64}, system, day,
    -- Behind one number there may be several mailboxes: then each has its situation.
    if(length(found_boxes) > 1, sipHash128(id, box), id),
    call, box, dialled_extension, dialled_boxes, caller, caller_class, begin, end, ambiguous, probe,
    identity, length(caller_boxes) > 1 AS shared, diverted,
    identity AND stranger AND NOT somebody_else AS doubtful,
    NOT (identity AND NOT diverted AND (undiverted OR (demanded > 0 AND opened + heard + envelope = 0))) AS stranger,
    NOT {list:Bool} OR (box = '' AND dialled_extension = '')
        OR has({listed:Array(String)}, splitByChar('@', box)[1]) OR has({listed:Array(String)}, box)
        OR has({listed:Array(String)}, dialled_extension) AS listed,
    empty({servers:Array(String)}) OR empty(servers) OR has(servers, '') OR hasAny(arrayMap(n -> splitByChar('.', lower(n))[1], servers), arrayMap(n -> splitByChar('.', lower(n))[1], {servers:Array(String)})) AS changed,
    -- Only where the directory knows both: another name or context is no other mailbox.
    notEmpty(dialled_holds) AND box IN (SELECT mailbox FROM directory FINAL WHERE version = {directory:UInt64})
        AND NOT has(arrayMap(b -> splitByChar('@', b)[1], dialled_boxes), splitByChar('@', box)[1]) AS misrouted,
    deposit, opened, demanded, passed, failed, heard, envelope, late, unknown, greetings, left, until, moved,
    {inside:Bool} AND ({open:Bool} OR begin < {to:DateTime64(3, 'UTC')}) AND greatest(end, begin) >= {from:DateTime64(3, 'UTC')} AS inside,
    -- What the spool moved has an id; what the log names has a file.
    arrayMap(m -> CAST(if(splitByChar('/', m.1)[-1] LIKE '%-%', ('', splitByChar('/', m.1)[-1], m.2), (m.1, '', m.2)), 'Tuple(name String, id String, seconds Float32)'), messages)
FROM
(
    -- One step after the other: aliases of aliases in one SELECT take the engine long to plan.
    SELECT
        *,
        notEmpty(caller_boxes) AND (has(caller_boxes, box) OR (box = '' AND NOT diverted)) AS identity
    FROM
    (
        SELECT
            *,
            arrayJoin(found_boxes) AS box,
            NOT access OR somebody_else OR diverting_class != ''
                OR arrayExists(o -> startsWith(o, 'diverting ')
                    OR (startsWith(o, 'dialled ') AND substring(o, 9) IN (SELECT identity FROM reached)), others) AS diverted
        FROM
        (
            SELECT
                *,
                multiIf(
                    -- A mailbox may be named by its owner's DID.
                    mailbox != '' AND notEmpty(named_boxes), named_boxes,
                    mailbox != '', [mailbox],
                    notEmpty(dialled_boxes), dialled_boxes,
                    -- At an access number the platform offers the caller's own mailbox.
                    access AND length(caller_boxes) = 1, caller_boxes,
                    ['']) AS found_boxes
            FROM
            (
                SELECT
                    *,
                    multiIf(
                        notEmpty(dialled_holds), arrayDistinct(arrayMap(h -> h.2, dialled_holds)),
                        dialled_extension != '', [dialled_extension],
                        []) AS dialled_boxes
                FROM
                (
                    SELECT
                        *,
                        multiIf(
                            notEmpty(dialled_holds), dialled_holds[1].1,
                            dialled_class = 'internal' AND NOT access, dialled,
                            '') AS dialled_extension
                    FROM
                    (
                        SELECT
                            *,
                            arrayDistinct(arrayMap(h -> h.2, caller_holds)) AS caller_boxes,
                            multiIf(
                                dialled = '' OR notEmpty(dialled_holds), false,
                                dialled_class = 'internal' OR {plan:Bool}, has({access:Array(String)}, dialled),
                                {directory:UInt64} != 0) AS access
                        FROM
                        (
                            SELECT
                                *,
                                -- What many extensions give as theirs is a switchboard's, and proves nobody.
                                if(length(arrayDistinct(arrayMap(h -> h.1, held_by_caller))) > 3, [], held_by_caller) AS caller_holds,
                                -- Nobody held it then: it is still that extension's mailbox.
                                if(empty(then_dialled), ever_dialled, then_dialled) AS dialled_holds
                            FROM
                            (
                                SELECT
                                    s.*,
                                    arrayFilter(h -> h.4 <= s.begin AND s.begin < h.5, c.holdings) AS held_by_caller,
                                    arrayFilter(h -> h.3, d.holdings) AS ever_dialled,
                                    arrayFilter(h -> h.3 AND h.4 <= s.begin AND s.begin < h.5, d.holdings) AS then_dialled,
                                    arrayDistinct(arrayMap(h -> h.2, arrayFilter(h -> h.3, b.holdings))) AS named_boxes,
                                    -- Another caller, or the number of the telephone that diverts in the caller's place.
                                    arrayExists(o -> (startsWith(o, 'caller ') AND o != concat('caller ', if(s.caller = '', s.caller_class, s.caller)))
                                        OR (s.caller != '' AND o = concat('diverting ', s.caller)), s.others) AS somebody_else,
                                    s.caller != '' AND has({probes:Array(String)}, s.caller) AS probe
                                FROM (SELECT * FROM sessions WHERE system = {system:String}
                                          AND (day, build) IN (SELECT toDate(p.1), p.2 FROM (SELECT arrayJoin(arrayZip({days:Array(String)}, {builds:Array(UInt64)})) AS p))
                                          AND call >= {low:String} AND ({high:String} = '' OR call < {high:String})
                                          AND ({open:Bool} OR begin < {to:DateTime64(3, 'UTC')} + INTERVAL 2 HOUR)
                                          AND greatest(end, begin) >= {from:DateTime64(3, 'UTC')} - INTERVAL 2 HOUR) AS s
                                LEFT ANY JOIN holds AS c ON c.identity = s.caller
                                LEFT ANY JOIN holds AS d ON d.identity = s.dialled
                                LEFT ANY JOIN holds AS b ON b.identity = if(s.mailbox IN (SELECT mailbox FROM directory FINAL WHERE version = {directory:UInt64}), '', s.mailbox)
                            )
                        )
                    )
                )
            )
        )
    )
)
