-- Facts: the parts of calls in which a caller was connected to a mailbox, derived from records
-- by analysis/calls.sql, hits.sql and sessions.sql, some days at a time. session_days says which build
-- of a day counts. Builds are partitions, because to drop one costs nothing, and to delete rows goes
-- through all parts of the table.

-- distributed by cityHash64(system, call)
-- servers are plain strings: has() does not find the empty one among LowCardinality.
CREATE TABLE IF NOT EXISTS sessions
(
    system          LowCardinality(String),
    day             Date                       COMMENT 'UTC date of its beginning',
    build           UInt64                     COMMENT 'the run that derived it',
    id              FixedString(16),
    call            String,
    mailbox         LowCardinality(String)     COMMENT 'as the system names it; empty: the records do not say',
    begin           DateTime64(3, 'UTC'),
    end             DateTime64(3, 'UTC'),
    until           DateTime64(3, 'UTC')       COMMENT 'the last sign of the mailbox application, else of the leg',
    ambiguous       Bool,
    caller          String,
    caller_class    LowCardinality(String),
    dialled         String,
    dialled_class   LowCardinality(String),
    diverting       String,
    diverting_class LowCardinality(String),
    undiverted      Bool                       COMMENT 'a record says that the leg was not diverted',
    others          Array(String)              COMMENT 'every caller, dialled and diverting number in the call''s records',
    deposit         UInt32                     COMMENT 'records that show the deposit application',
    opened          UInt32                     COMMENT 'records that show the mailbox application without authentication',
    demanded        UInt32                     COMMENT 'records that show that a PIN was asked for',
    passed          UInt32                     COMMENT 'records that show that the right PIN for this mailbox was given',
    failed          UInt32                     COMMENT 'records that show a wrong one',
    heard           UInt32                     COMMENT 'records that show a stored message being played without authentication',
    envelope        UInt32                     COMMENT 'the same, of a message''s date, time or caller',
    late            UInt32                     COMMENT 'playback that was logged when the caller had hung up',
    unknown         UInt32                     COMMENT 'records that show an answer by nobody named',
    messages        Array(Tuple(name String, seconds Float32)) COMMENT 'FOLDER/MESSAGE of what was heard, as far as named, and for how long; 0: not known',
    greetings       Array(LowCardinality(String)) COMMENT 'greetings that the deposit application was to play',
    left            Array(String)              COMMENT 'ids of the messages that the spool shows were left',
    moved           UInt32                     COMMENT 'a message that somebody has listened to, moved by a call that no record names',
    servers         Array(String)              COMMENT 'that handled it; an empty name: a record that names none',
    records         UInt32
)
ENGINE = MergeTree
PARTITION BY (day, build)
ORDER BY (system, day, build, call, mailbox)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS session_days
(
    system      LowCardinality(String),
    day         Date,
    fingerprint UInt64 COMMENT 'of the records of the day and of its neighbours, and of the derivation',
    build       UInt64,
    records     UInt64 COMMENT 'records of the day',
    calls       UInt64 COMMENT 'calls that began on the day',
    reached     UInt64 COMMENT 'of them, calls that reached a mailbox',
    built       DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(built)
ORDER BY (system, day);

-- Records of the calls that reached voicemail: from analysis/calls.sql for analysis/hits.sql.
-- Work rows of one build, dropped at its end.
-- distributed by cityHash64(system, call)
CREATE TABLE IF NOT EXISTS call_rows
(
    build           UInt64,
    system          LowCardinality(String),
    call            String,
    leg             String,
    id              FixedString(16),
    kind            LowCardinality(String),
    app             LowCardinality(String),
    action          LowCardinality(String),
    auth            LowCardinality(String),
    mailbox         LowCardinality(String),
    folder          LowCardinality(String),
    messages        Array(LowCardinality(String)),
    sounding        Bool,
    start           DateTime64(3, 'UTC'),
    answer          DateTime64(3, 'UTC'),
    end             DateTime64(3, 'UTC'),
    ambiguous       Bool,
    cause           LowCardinality(String),
    caller          String,
    caller_class    LowCardinality(String),
    dialled         String,
    dialled_class   LowCardinality(String),
    diverting       String,
    diverting_class LowCardinality(String),
    undiverted      Bool,
    server          LowCardinality(String),
    made            DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (system, call, leg)
TTL made + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 1000;

-- Those of them that show voicemail, with what their leg and call show besides: from
-- analysis/hits.sql for analysis/sessions.sql. Work rows likewise.
-- distributed by cityHash64(system, call)
CREATE TABLE IF NOT EXISTS hit_rows
(
    build           UInt64,
    system          LowCardinality(String),
    day             Date                       COMMENT 'of the session',
    call            String,
    leg             String,
    box             LowCardinality(String)     COMMENT 'the mailbox, also where another record of the leg names it',
    id              FixedString(16),
    kind            LowCardinality(String),
    action          LowCardinality(String),
    auth            LowCardinality(String),
    mailbox         LowCardinality(String),
    folder          LowCardinality(String),
    messages        Array(LowCardinality(String)),
    start           DateTime64(3, 'UTC'),
    begin           DateTime64(3, 'UTC'),
    end             DateTime64(3, 'UTC')       COMMENT 'the last sign of the leg',
    ambiguous       Bool,
    caller          String,
    caller_class    LowCardinality(String),
    dialled         String,
    dialled_class   LowCardinality(String),
    diverting       String,
    diverting_class LowCardinality(String),
    undiverted      Bool,
    parties         Array(String)              COMMENT 'every caller, dialled and diverting number in the call''s records',
    servers         Array(String)              COMMENT 'that handled the call',
    asked_before    Bool                       COMMENT 'the right PIN was given before',
    open            Bool                       COMMENT 'no PIN was asked for, now or before',
    after_hangup    Bool,
    seconds         Float32                    COMMENT 'for which a message sounded; 0: not known',
    made            DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (system, call, leg)
TTL made + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 1000;
