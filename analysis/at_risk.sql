-- How many messages may have lain in each exposed mailbox (left.sql), and of how many callers, of one
-- part of the mailboxes.
SELECT box, count(), uniqExact(caller), min(begin)
FROM left_rows
WHERE run = {run:UInt64} AND cityHash64(box) % {parts:UInt64} = {part:UInt64}
GROUP BY box
