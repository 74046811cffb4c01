-- verdict: out-of-scope
-- precedence: 60
-- grade: D
-- finds: a session without direct evidence, at an extension that the vendor's list does not name.
-- cannot see: whether the list is complete. The exclusion stands by the vendor's list only.
SELECT id, ['by-the-vendors-list-only'] AS reasons
FROM situations
WHERE stranger AND NOT listed AND (doubtful OR opened + heard + envelope = 0)
