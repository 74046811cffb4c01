-- verdict: misdelivered
-- precedence: 50
-- grade: B
-- finds: a caller of one extension was led to leave a message in the mailbox of another.
-- cannot see: without the voicemail spool, whether a message was kept; who has heard it since. The depositor's words are in another's box.
SELECT id, arrayConcat(['deposit-application'], if(notEmpty(left), ['message-left'], [])) AS reasons
FROM situations
WHERE stranger AND deposit > 0 AND opened + demanded + failed + heard + envelope + late = 0
  AND misrouted
