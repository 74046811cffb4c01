-- verdict: not-excluded
-- precedence: 65
-- grade: C
-- finds: somebody who presented a number of the mailbox's owner was in the mailbox or heard a message, on a leg that was diverted or of which the records cannot tell.
-- cannot see: whether it was the owner. A diverted call may present the number of the telephone that diverts it.
SELECT id, ['owner-not-proven'] AS reasons
FROM situations
WHERE doubtful AND opened + heard + envelope + moved + maybe > 0
