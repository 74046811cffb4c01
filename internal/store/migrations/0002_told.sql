-- What the auditor is told: who holds which extension, and which changes were made.

-- Every import of a directory is a version; the newest counts.
CREATE TABLE IF NOT EXISTS directory
(
    version       UInt64                 COMMENT 'import of the directory, Unix milliseconds',
    line          UInt32,
    extension     String,
    did           String                 COMMENT 'E.164',
    mobile        String                 COMMENT 'E.164',
    called        Array(String)          COMMENT 'extension and DID in every form that records can have them in',
    calling       Array(String)          COMMENT 'the mobile, likewise',
    mailbox       String,
    name          String,
    title         String,
    unit          LowCardinality(String),
    controller    LowCardinality(String) COMMENT 'the board or company responsible for the personal data',
    manager       String,
    email         String,
    activity      LowCardinality(String),
    client_facing Bool,
    protected     Bool                   COMMENT 'protected identity: counted, never listed',
    language      LowCardinality(String),
    valid_from    DateTime64(3, 'UTC'),
    valid_to      DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (version, line)
SETTINGS non_replicated_deduplication_window = 1000;

-- The same by number: whose is it, in each form that records can have it in. Written with the directory.
CREATE TABLE IF NOT EXISTS holdings
(
    version  UInt64,
    identity String COMMENT 'extension, or token of a number',
    holdings Array(Tuple(extension String, mailbox String, called Bool, valid_from DateTime64(3, 'UTC'), valid_to DateTime64(3, 'UTC')))
             COMMENT 'called: it is dialled to reach the extension; else it is only called from'
)
ENGINE = ReplacingMergeTree
ORDER BY (version, identity);

CREATE TABLE IF NOT EXISTS directory_versions
(
    version UInt64,
    file    FixedString(32),
    name    String,
    rows    UInt64,
    key_id  LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY version;

CREATE TABLE IF NOT EXISTS changes
(
    id         String,
    vendor     String,
    from       DateTime64(3, 'UTC'),
    to         DateTime64(3, 'UTC')   COMMENT 'epoch 0: still open',
    basis      LowCardinality(String) COMMENT 'how the window is known',
    extensions Array(String)          COMMENT 'the vendor''s list; empty: none was given',
    listed     Bool                   COMMENT 'a list was given',
    servers    Array(String)          COMMENT 'the servers that were changed; empty: not told',
    added      DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(added)
ORDER BY id;
