-- What the exports say: one row per leg or event, normalised, and where it came from.
-- Partitions are days (UTC), so that forgetting is dropping a partition.

-- distributed by cityHash64(system, call)
CREATE TABLE IF NOT EXISTS records
(
    system          LowCardinality(String)     COMMENT 'the phone system that wrote the export, as --system names it',
    day             Date DEFAULT toDate(start) COMMENT 'UTC date of start',
    call            String                     COMMENT 'correlation key of all legs of one call',
    id              FixedString(16)            COMMENT 'row identity: the format''s own key, or the line''s hash and ordinal',
    file            FixedString(32)            COMMENT 'SHA-256 of the file that brought it first',
    line            UInt32,
    format          LowCardinality(String),
    kind            LowCardinality(String)     COMMENT 'leg, event or message',
    event           LowCardinality(String),
    leg             String,
    channel         String                     COMMENT 'counter in the channel''s name, which joins stored messages to calls',
    start           DateTime64(3, 'UTC'),
    answer          DateTime64(3, 'UTC')       COMMENT 'epoch 0: none',
    end             DateTime64(3, 'UTC')       COMMENT 'epoch 0: none',
    ambiguous       Bool                       COMMENT 'local time in the repeated autumn hour',
    caller          String                     COMMENT 'extension, or token of a number; empty: withheld or not said',
    caller_class    LowCardinality(String),
    dialled         String,
    dialled_class   LowCardinality(String),
    diverting       String                     COMMENT 'redirecting number (RFC 5806, RFC 7044), where the export has it',
    diverting_class LowCardinality(String),
    undiverted      Bool                       COMMENT 'the format tells diversions, and of none here',
    answered        Bool,
    partner         Bool                       COMMENT 'another channel was connected: somebody answered',
    app             LowCardinality(String),
    action          LowCardinality(String)     COMMENT 'deposit, retrieval, playback, envelope, unknown, or empty',
    mailbox         LowCardinality(String),
    folder          LowCardinality(String)     COMMENT 'of a deposit, and of a greeting: the greeting that is played',
    messages        Array(LowCardinality(String)),
    sounding        Bool                       COMMENT 'the message sounds until the leg''s next row',
    auth            LowCardinality(String)     COMMENT 'skipped, demanded, passed, failed, or empty: not known',
    grade           LowCardinality(String)     COMMENT 'evidence grade A to D',
    cause           LowCardinality(String)     COMMENT 'hangup cause',
    server          LowCardinality(String)     COMMENT 'node of the platform that handled the row, where the export names it',
    INDEX kinds kind TYPE set(4) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY day
ORDER BY (system, day, call, id)
SETTINGS non_replicated_deduplication_window = 1000;

-- The ledger: one row per file and system; read = stored + duplicate + rejected + skipped.
CREATE TABLE IF NOT EXISTS imports
(
    system    LowCardinality(String),
    file      FixedString(32)        COMMENT 'SHA-256',
    name      String,
    size      UInt64                 COMMENT 'bytes',
    format    LowCardinality(String),
    zone      LowCardinality(String),
    key_id    LowCardinality(String) COMMENT 'the deployment key whose tokens the rows carry',
    state     LowCardinality(String) COMMENT 'running or done',
    started   DateTime64(3, 'UTC'),
    updated   DateTime64(3, 'UTC'),
    read      UInt64,
    stored    UInt64,
    duplicate UInt64,
    rejected  UInt64,
    skipped   UInt64
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (system, file, format);

-- Lines that could not be read: kept, sealed with the deployment key; only the preview is readable.
CREATE TABLE IF NOT EXISTS rejects
(
    system  LowCardinality(String),
    file    FixedString(32),
    line    UInt32,
    format  LowCardinality(String),
    reason  String,
    preview String COMMENT 'shape of the line, digits and letters removed',
    sealed  String COMMENT 'AES-256-GCM under the deployment key',
    at      DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (system, file, format, line)
SETTINGS non_replicated_deduplication_window = 1000;
