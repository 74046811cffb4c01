-- verdict: playback-confirmed
-- precedence: 20
-- grade: A
-- finds: a stored message, or its envelope (date, time, caller), was played to a caller who was neither the owner nor asked for a PIN: the system logged the playback of a file in a mailbox, or moved a message to the heard ones when the caller left a mailbox that had been open, or played a greeting that is the message.
-- cannot see: playback that the system does not log; what was said; whether the caller listened.
SELECT id,
    arrayConcat(
        if(heard > 0, ['message-played'], []),
        if(envelope > 0, ['envelope-played'], []),
        if(moved > 0 AND opened > 0 AND demanded = 0, ['message-moved'], []),
        if(greeting > 0, ['greeting-is-a-message'], [])) AS reasons
FROM situations
WHERE stranger AND NOT doubtful AND (heard + envelope + greeting > 0 OR (moved > 0 AND opened > 0 AND demanded = 0))
