-- Messages that may have lain in an exposed mailbox: what callers may have left there within the
-- retention before the first exposure and until the last, and how many callers that were. The
-- records do not show whether a caller who could leave a message did; the voicemail spool does, for
-- those messages that it still has.
WITH
    {{template "current"}},
    {{template "holds"}},
    exposed AS
    (
        SELECT box, min(begin) AS first_exposure, max(begin) AS last_exposure
        FROM current
        WHERE box != '' AND has({exposing:Array(String)}, verdict)
        GROUP BY box
    )
SELECT
    box,
    count(),
    uniqExact(if(caller = '', toString(id), caller)),
    min(begin)
FROM
(
    SELECT
        s.id AS id, s.begin AS begin, s.caller AS caller,
        arrayJoin(multiIf(
            s.mailbox != '' AND arrayExists(h -> h.3, b.holdings), arrayDistinct(arrayMap(h -> h.2, arrayFilter(h -> h.3, b.holdings))),
            s.mailbox != '', [s.mailbox],
            notEmpty(d.holdings), arrayDistinct(arrayMap(h -> h.2, arrayFilter(h -> h.3, d.holdings))),
            s.dialled_class = 'internal' AND NOT has({access:Array(String)}, s.dialled), [s.dialled],
            [])) AS box
    FROM
    (
        SELECT id, begin, caller, mailbox, dialled, dialled_class FROM sessions
        WHERE (system, day, build) IN (SELECT system, day, build FROM session_days FINAL)
          AND deposit + unknown > 0 AND empty(left) AND opened + heard + envelope = 0
        UNION ALL
        SELECT id, start, caller, mailbox, '', '' FROM records WHERE kind = 'message' AND action = 'deposit'
    ) AS s
    LEFT ANY JOIN holds AS d ON d.identity = s.dialled
    LEFT ANY JOIN holds AS b ON b.identity = if(s.mailbox IN (SELECT mailbox FROM directory FINAL WHERE version = {directory:UInt64}), '', s.mailbox)
) AS left_by
INNER JOIN exposed AS e ON e.box = left_by.box
WHERE begin >= e.first_exposure - toIntervalSecond({retention:UInt32}) AND begin < e.last_exposure
GROUP BY box
