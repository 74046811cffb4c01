-- verdict: probe
-- precedence: 10
-- grade: A
-- finds: one of our own calls, by the number that it presented.
-- cannot see: somebody else presenting that number.
SELECT id, ['probe-number'] AS reasons
FROM situations
WHERE probe
