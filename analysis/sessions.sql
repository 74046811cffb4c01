-- Facts of some days of one system: the parts of calls in which a caller was connected to a mailbox,
-- from the records that show it (hits.sql).
INSERT INTO sessions
    (system, day, build, id, call, mailbox, begin, end, until, ambiguous,
     caller, caller_class, dialled, dialled_class, diverting, diverting_class, undiverted, others,
     deposit, opened, demanded, passed, failed, heard, envelope, late, unknown, messages, greetings, left, moved, servers, records)
WITH
    -- By time, and then by id, byte after byte.
    bitOr(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(begin)), 64), byteSwap(reinterpretAsUInt64(id))) AS rank
SELECT
    {system:String},
    day,
    {build:UInt64},
    sipHash128({system:String}, call, day, leg, box, if(box = '', dialled, '')),
    call,
    box,
    min(begin),
    max(end),
    -- In the mailbox until the application's last event, or as long as the leg.
    if(countIf(kind = 'event') > 0, maxIf(start, kind = 'event'), max(end)),
    max(ambiguous),
    -- Who and where: what the earliest record says that says anything.
    argMinIf(caller, rank, caller_class != ''),
    argMinIf(caller_class, rank, caller_class != ''),
    argMinIf(dialled, rank, dialled_class != ''),
    argMinIf(dialled_class, rank, dialled_class != ''),
    argMinIf(diverting, rank, diverting_class != ''),
    argMinIf(diverting_class, rank, diverting_class != ''),
    max(undiverted),
    any(parties),
    countIf(action = 'deposit'),
    countIf(action = 'retrieval' AND auth = 'skipped' AND open),
    countIf(action != 'deposit' AND (auth IN ('demanded', 'passed') OR asked_before)),
    -- A login that names no mailbox proves no right to the one that is played.
    countIf(auth = 'passed' AND mailbox != ''),
    countIf(auth = 'failed'),
    countIf(action = 'playback' AND kind != 'message' AND open AND NOT after_hangup),
    countIf(action = 'envelope' AND open AND NOT after_hangup),
    countIf(action IN ('playback', 'envelope') AND open AND after_hangup),
    countIf(action = 'unknown' OR (action = 'retrieval' AND auth = '')),
    -- Of files that one application was given in a row, only the first is proven to have begun.
    arrayMap(n -> CAST((n, arraySum(arrayMap(m -> if(m.1 = n, m.2, 0), sounded))), 'Tuple(name String, seconds Float32)'), arraySort(arrayDistinct(arrayMap(m -> m.1, groupArrayIf(
        (if(folder = '', messages[1], concat(folder, '/', messages[1])), seconds),
        notEmpty(messages) AND action = 'playback' AND (kind = 'message' OR (open AND NOT after_hangup))) AS sounded)))),
    groupUniqArrayIf(folder, action = 'deposit' AND folder != ''),
    groupUniqArrayArrayIf(messages, kind = 'message' AND action = 'deposit'),
    countIf(kind = 'message' AND action = 'playback'),
    any(servers),
    count()
FROM hit_rows
WHERE build = {build:UInt64} AND system = {system:String} AND call >= {low:String} AND ({high:String} = '' OR call < {high:String})
GROUP BY day, call, leg, box, if(box = '', dialled, '')
