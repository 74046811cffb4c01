-- verdict: deposit-logged
-- precedence: 80
-- grade: B
-- finds: the system logged the application that records a message, and nothing else, for the session.
-- cannot see: what the greeting was. A greeting file that had become somebody's message looks the same, and the log is that of the system under suspicion.
SELECT id, arrayConcat(['deposit-application'], if(notEmpty(left), ['message-left'], [])) AS reasons
FROM situations
WHERE stranger AND deposit > 0 AND opened + demanded + failed + heard + envelope + late = 0
  AND NOT misrouted
