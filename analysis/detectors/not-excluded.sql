-- verdict: not-excluded
-- precedence: 90
-- grade: C
-- finds: every other session of a caller who was not the owner: the records do not show what happened.
-- cannot see: whether anything was heard. This is the default, and never means "ok".
SELECT id, arrayConcat(
    if(late > 0, ['playback-logged-after-hangup'], []),
    if(unclaimed > 0, ['moved-without-a-call'], []),
    if(unknown > 0 AND deposit + demanded + late = 0, ['answered-by-nobody-named'], [])) AS reasons
FROM situations
WHERE stranger
