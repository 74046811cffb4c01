-- verdict: playback-confirmed
-- precedence: 20
-- grade: A
-- finds: a stored message, or its envelope (date, time, caller), was played to a caller who was neither the owner nor asked for a PIN: the system logged the playback of a file in a mailbox.
-- cannot see: playback that the system does not log; what was said; whether the caller listened.
SELECT id,
    arrayConcat(
        if(heard > 0, ['message-played'], []),
        if(envelope > 0, ['envelope-played'], [])) AS reasons
FROM situations
WHERE stranger AND heard + envelope > 0
