-- verdict: out-of-scope
-- precedence: 55
-- grade: C
-- finds: a session without direct evidence, all of whose records name a server, and none of them one that was changed.
-- cannot see: whether other servers were changed too. The exclusion stands by what was told of the change.
SELECT id, ['server-not-changed'] AS reasons
FROM situations
WHERE stranger AND NOT changed AND (doubtful OR opened + heard + envelope = 0)
