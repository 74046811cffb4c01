holds AS
    (
        -- Every number of a mailbox's owners, in each form that records can have it in, and the
        -- extensions that are dialled to reach it.
        SELECT
            number.1 AS identity,
            arraySort(groupUniqArray((extension, mailbox, number.2, valid_from, valid_to))) AS holdings
        FROM
        (
            SELECT
                arrayJoin(arrayConcat(arrayMap(n -> (n, true), called), arrayMap(n -> (n, false), calling))) AS number,
                extension, mailbox, valid_from, valid_to
            FROM directory FINAL
            WHERE version = {directory:UInt64}
        )
        WHERE number.1 != ''
        GROUP BY identity
    ),
    reached AS
    (
        -- Those of them that are dialled.
        SELECT identity FROM holds WHERE arrayExists(h -> h.3, holdings)
    )
