-- verdict: mailbox-opened
-- precedence: 30
-- grade: B
-- finds: a caller who was not the owner stood in the mailbox application without having been asked for a PIN.
-- cannot see: what the caller heard there. An empty mailbox looks the same as a played message.
SELECT id, ['opened-without-pin'] AS reasons
FROM situations
WHERE stranger AND NOT doubtful AND opened > 0
