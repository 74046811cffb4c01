-- Records of the calls of some days of one system that reached voicemail.
--
-- What the spool shows is joined to the call on whose channel the message was left. What fits no
-- call is one of its own, as is every message that somebody has listened to: by whom, is judged
-- when all sessions are known (attribute.sql).
--
-- They are work rows, and hits.sql and sessions.sql are other statements, because the time in which the engine
-- plans a statement grows with the depth and the width of its subqueries.
INSERT INTO call_rows
    (build, system, call, leg, id, kind, app, action, auth, mailbox, folder, messages, sounding, start, answer, end, ambiguous, cause,
     caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted, server)
{{- if .Stored}}
WITH placed AS
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
        HAVING ended = toDateTime64(0, 3, 'UTC') OR left <= ended + INTERVAL 2 SECOND
    )
    GROUP BY id
)
{{- end}}
SELECT {build:UInt64}, system, call, leg, id, kind, app, action, auth, mailbox, folder, messages, sounding, start, answer, end, ambiguous, cause,
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
SELECT {build:UInt64}, system, if(p.at.1 = '', r.call, p.at.1) AS of, if(p.at.1 = '', r.leg, p.at.2), r.id, kind, app, action, auth, mailbox, folder, messages, sounding, start, answer, end, ambiguous, cause,
    caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted, server
FROM records AS r
GLOBAL LEFT ANY JOIN placed AS p ON p.id = r.id
WHERE system = {system:String} AND kind = 'message' AND action != ''
  AND day BETWEEN {first:Date} - 1 AND {last:Date} + 1
  AND of >= {low:String} AND ({high:String} = '' OR of < {high:String})
{{- end}}
