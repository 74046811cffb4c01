-- verdict: owner-access
-- precedence: 45
-- grade: A
-- finds: the system logged that the caller gave the right PIN, and shows nothing that was opened or heard before it.
-- cannot see: who knew the PIN. A wrong one before the right one is not the owner's for sure, and stays not-excluded.
SELECT id, ['pin-passed'] AS reasons
FROM situations
WHERE stranger AND passed > 0 AND failed + opened + heard + envelope + late = 0
