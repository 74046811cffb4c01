-- verdict: owner-access
-- precedence: 40
-- grade: B
-- finds: the caller presented a number of the mailbox's owner on an undiverted leg.
-- cannot see: who held the telephone, and whether the number was forged.
SELECT id, ['owner-number'] AS reasons
FROM situations
WHERE NOT stranger
