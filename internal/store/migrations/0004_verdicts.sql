-- Verdicts: derived per audit, that is per change, window, directory, plan and detector version.

-- Which mailboxes sessions reached, and which are the caller's, as the directory and the plan have
-- it: from analysis/reached.sql for analysis/situations.sql. Work rows of one run, as below.
-- distributed by cityHash64(system, call)
CREATE TABLE IF NOT EXISTS reached_rows
(
    run           UInt64,
    system        LowCardinality(String),
    day           Date,
    call          String,
    id            FixedString(16)        COMMENT 'the session',
    box           LowCardinality(String) COMMENT 'whose messages could be heard; empty: not known',
    several       Bool                   COMMENT 'one of several boxes of the session',
    dialled       String                 COMMENT 'the extension that was dialled; empty: none',
    dialled_boxes Array(String)          COMMENT 'the mailboxes that belong to it',
    dialled_held  Bool                   COMMENT 'the directory has what was dialled',
    caller_boxes  Array(String)          COMMENT 'the mailboxes whose owners call from the caller''s number',
    access        Bool                   COMMENT 'a way into voicemail was dialled, no extension',
    somebody_else Bool                   COMMENT 'the call shows another caller, or the caller''s own telephone diverting',
    probe         Bool                   COMMENT 'one of our own calls',
    made          DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (system, day, call)
TTL made + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 1000;

-- Sessions that touch the window, with what directory, plan and change say of them: the input of
-- the detectors. Work rows of one run, dropped at its end.
-- distributed by cityHash64(system, call)
CREATE TABLE IF NOT EXISTS situation_rows
(
    run           UInt64,
    system        LowCardinality(String),
    day           Date,
    id            FixedString(16)        COMMENT 'the session',
    call          String,
    box           LowCardinality(String) COMMENT 'whose messages could be heard; empty: not known',
    dialled       String                 COMMENT 'the extension that was dialled; empty: none',
    dialled_boxes Array(String)          COMMENT 'the mailboxes that belong to it',
    caller        String,
    caller_class  LowCardinality(String),
    begin         DateTime64(3, 'UTC'),
    end           DateTime64(3, 'UTC'),
    ambiguous     Bool,
    probe         Bool                   COMMENT 'one of our own calls',
    identity      Bool                   COMMENT 'the caller presented a number of the mailbox''s owner',
    shared        Bool                   COMMENT 'that number belongs to the owners of several mailboxes',
    diverted      Bool                   COMMENT 'not shown to have dialled an access number itself',
    doubtful      Bool                   COMMENT 'the caller presented a number of the owner, which neither proves the owner nor somebody else',
    stranger      Bool                   COMMENT 'not proven to be the owner',
    listed        Bool                   COMMENT 'the vendor named the extension, or gave no list',
    changed       Bool                   COMMENT 'a changed server handled it, or one that is not named, or the change names none',
    misrouted     Bool                   COMMENT 'the mailbox is another holder''s than the dialled extension''s',
    deposit       UInt32,
    opened        UInt32,
    demanded      UInt32,
    passed        UInt32,
    failed        UInt32,
    heard         UInt32,
    envelope      UInt32,
    late          UInt32,
    unknown       UInt32,
    greetings     Array(LowCardinality(String)) COMMENT 'greetings that the deposit application was to play',
    left          Array(String)          COMMENT 'ids of the messages that the spool shows were left',
    until         DateTime64(3, 'UTC')   COMMENT 'the last sign of the mailbox application, else of the leg',
    greeting      UInt32                 COMMENT 'a greeting that is somebody''s message was played',
    maybe_greeting UInt32                COMMENT 'the same, perhaps',
    maybe         UInt32                 COMMENT 'messages that were moved to the heard ones by this session or another',
    unclaimed     UInt32                 COMMENT 'no session: a message was moved to the heard ones',
    inside        Bool                   COMMENT 'to be judged; the others are its neighbours in time',
    claimed       Bool                   COMMENT 'of two rows of a session, the one that counts',
    moved         UInt32                 COMMENT 'messages that were moved to the heard ones by this session',
    messages      Array(Tuple(name String, id String, seconds Float32)),
    made          DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (system, day, id)
TTL made + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 1000;

-- Messages that were moved to the heard ones, and the sessions that can have played them.
CREATE TABLE IF NOT EXISTS attribution_rows
(
    run     UInt64,
    system  LowCardinality(String),
    id      FixedString(16)         COMMENT 'the session',
    move    FixedString(16)         COMMENT 'the situation that is the message''s',
    message String,
    sure    Bool                    COMMENT 'no other session can have',
    made    DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (system, id)
TTL made + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 1000;

-- distributed by cityHash64(system, call)
CREATE TABLE IF NOT EXISTS verdicts
(
    audit        LowCardinality(String),
    run          UInt64,
    system       LowCardinality(String),
    day          Date,
    id           FixedString(16)        COMMENT 'the session',
    call         String,
    box          LowCardinality(String),
    dialled      String,
    caller       String,
    caller_class LowCardinality(String),
    begin        DateTime64(3, 'UTC'),
    end          DateTime64(3, 'UTC'),
    verdict      LowCardinality(String),
    grade        LowCardinality(String),
    detector     LowCardinality(String),
    reasons      Array(LowCardinality(String)),
    messages     Array(Tuple(name String, id String, seconds Float32)) COMMENT 'FOLDER/FILE, as far as it is named; the message''s own id; 0: not known'
)
ENGINE = MergeTree
PARTITION BY audit
ORDER BY (system, day, run, id)
SETTINGS non_replicated_deduplication_window = 1000;

-- From when to when mailboxes were exposed: work rows of one question (analysis/left.sql).
CREATE TABLE IF NOT EXISTS exposed_rows
(
    run   UInt64,
    box   String,
    first DateTime64(3, 'UTC'),
    last  DateTime64(3, 'UTC'),
    made  DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY box
TTL made + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 1000;

-- What callers may have left there: from analysis/left.sql for analysis/at_risk.sql. Work rows likewise.
CREATE TABLE IF NOT EXISTS left_rows
(
    run    UInt64,
    box    LowCardinality(String),
    session FixedString(16),
    caller String                 COMMENT 'extension or token; of an unknown one, the session',
    begin  DateTime64(3, 'UTC'),
    made   DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY box
TTL made + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS audits
(
    audit     String                    COMMENT 'hash of everything that the verdicts depend on but the records',
    change    String,
    from      DateTime64(3, 'UTC'),
    to        DateTime64(3, 'UTC')      COMMENT 'epoch 0: still open',
    directory UInt64,
    detectors String                    COMMENT 'SHA-256 of the detectors'' texts',
    made      DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(made)
ORDER BY (change, audit);

-- Which run's verdicts count, per day.
CREATE TABLE IF NOT EXISTS audit_days
(
    audit  String,
    system LowCardinality(String),
    day    Date,
    build  UInt64                       COMMENT 'the build of the sessions that were judged',
    run    UInt64,
    judged DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(judged)
ORDER BY (audit, system, day);
