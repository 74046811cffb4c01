-- Which mailboxes the sessions of some days and calls reached, and which are the caller's, as directory
-- and plan have it, of the sessions that touch the window or come near it.
--
-- Work rows, and situations.sql another statement, because the time in which the engine plans a
-- statement grows with the depth and width of its subqueries, not with its rows.
INSERT INTO reached_rows
    (run, system, day, call, id, dialled, dialled_boxes, dialled_held, caller_boxes, access, somebody_else, probe, box, several)
WITH
    owners AS (SELECT identity, holdings FROM holdings WHERE version = {directory:UInt64})
SELECT
    {run:UInt64}, system, day, call, id, dialled_extension, dialled_boxes, notEmpty(dialled_holds), caller_boxes, access, somebody_else, probe,
    arrayJoin(multiIf(
        -- A mailbox may be named by its owner's DID.
        mailbox != '' AND notEmpty(named_boxes), named_boxes,
        mailbox != '', [mailbox],
        notEmpty(dialled_boxes), dialled_boxes,
        -- At an access number the platform offers the caller's own mailbox.
        access AND length(caller_boxes) = 1, caller_boxes,
        ['']) AS boxes),
    length(boxes) > 1
FROM
(
    SELECT
        *,
        arrayDistinct(arrayMap(h -> h.mailbox, caller_holds)) AS caller_boxes,
        multiIf(
            notEmpty(dialled_holds), dialled_holds[1].extension,
            dialled_class = 'internal' AND NOT access, dialled,
            '') AS dialled_extension,
        multiIf(
            notEmpty(dialled_holds), arrayDistinct(arrayMap(h -> h.mailbox, dialled_holds)),
            dialled_extension != '', [dialled_extension],
            []) AS dialled_boxes
    FROM
    (
        SELECT
            *,
            -- What many extensions give as theirs is a switchboard's, and proves nobody.
            if(length(arrayDistinct(arrayMap(h -> h.extension, held_by_caller))) > 3, [], held_by_caller) AS caller_holds,
            -- Nobody held it then: it is still that extension's mailbox.
            if(empty(then_dialled), ever_dialled, then_dialled) AS dialled_holds,
            multiIf(
                dialled = '' OR notEmpty(dialled_holds), false,
                dialled_class = 'internal' OR {plan:Bool}, has({access:Array(String)}, dialled),
                {directory:UInt64} != 0) AS access
        FROM
        (
            SELECT
                s.system AS system, s.day AS day, s.call AS call, s.id AS id, s.mailbox AS mailbox, s.dialled AS dialled, s.dialled_class AS dialled_class,
                arrayFilter(h -> h.valid_from <= s.begin AND s.begin < h.valid_to, c.holdings) AS held_by_caller,
                arrayFilter(h -> h.called, d.holdings) AS ever_dialled,
                arrayFilter(h -> h.called AND h.valid_from <= s.begin AND s.begin < h.valid_to, d.holdings) AS then_dialled,
                arrayDistinct(arrayMap(h -> h.mailbox, arrayFilter(h -> h.called, b.holdings))) AS named_boxes,
                -- Another caller, or the number of the telephone that diverts in the caller's place.
                arrayExists(o -> (startsWith(o, 'caller ') AND o != concat('caller ', if(s.caller = '', s.caller_class, s.caller)))
                    OR (s.caller != '' AND o = concat('diverting ', s.caller)), s.others) AS somebody_else,
                s.caller != '' AND has({probes:Array(String)}, s.caller) AS probe
            FROM
            (
                SELECT system, day, call, id, mailbox, begin, caller, caller_class, dialled, dialled_class, others
                FROM sessions
                WHERE {{template "near"}}
            ) AS s
            LEFT ANY JOIN owners AS c ON c.identity = s.caller
            LEFT ANY JOIN owners AS d ON d.identity = s.dialled
            LEFT ANY JOIN owners AS b ON b.identity = if(s.mailbox IN (SELECT mailbox FROM directory FINAL WHERE version = {directory:UInt64}), '', s.mailbox)
        )
    )
)
