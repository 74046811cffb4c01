holds AS
    (
        -- Every number of a mailbox's owners, and the extensions that are dialled to reach it.
        SELECT
            identity,
            groupArray((extension, mailbox, called, valid_from, valid_to)) AS holdings
        FROM
        (
            SELECT
                arrayJoin([(extension_id, true), (did_token, true), (mobile_token, false)]) AS number,
                number.1 AS identity,
                number.2 AS called,
                extension, mailbox, valid_from, valid_to
            FROM directory
            WHERE version = {directory:UInt64}
        )
        WHERE identity != ''
        GROUP BY identity
    )
