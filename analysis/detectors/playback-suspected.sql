-- verdict: playback-suspected
-- precedence: 35
-- grade: D
-- finds: a message was moved to the heard ones while a caller who was not the owner was, or may have been, in that mailbox; or a greeting that is a message may have been played.
-- cannot see: whether the caller gave a PIN, where the records do not show the mailbox application; which of several callers it was.
SELECT id,
    arrayConcat(
        if(moved > 0, ['message-moved'], []),
        if(maybe > 0, ['message-moved-by-one-of-several'], []),
        if(maybe_greeting > 0, ['greeting-may-be-a-message'], [])) AS reasons
FROM situations
WHERE stranger AND NOT doubtful AND moved + maybe + maybe_greeting > 0 AND demanded = 0
