-- Verdicts: derived per audit, that is per change, window, directory, plan and detector version.

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
    messages      Array(String),
    made          DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (system, day, id)
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
    messages     Array(String)
)
ENGINE = MergeTree
PARTITION BY audit
ORDER BY (system, day, run, id)
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
