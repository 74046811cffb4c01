-- verdict: not-excluded
-- precedence: 70
-- grade: B
-- finds: a caller who was not the owner, or an owner's number on a diverted leg, was asked for a PIN.
-- cannot see: whether the PIN was right, and who knew it.
SELECT id, arrayConcat([if(failed > 0, 'pin-failed', 'pin-demanded')], if(moved > 0 AND demanded > 0, ['message-moved-after-pin'], [])) AS reasons
FROM situations
WHERE stranger AND demanded + failed > 0
