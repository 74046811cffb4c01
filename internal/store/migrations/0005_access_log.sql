-- Who looked: one row per read of affected people, chained by hash; see internal/access.
CREATE TABLE IF NOT EXISTS access_log
(
    seq     UInt64,
    nonce   String                 COMMENT 'tells two like looks at one moment apart',
    at      DateTime64(3, 'UTC'),
    user    String,
    command LowCardinality(String),
    purpose LowCardinality(String),
    filter  String,
    outcome LowCardinality(String) COMMENT 'shown or denied',
    rows    UInt64                 COMMENT 'people shown, masked ones included',
    prev    FixedString(64),
    hash    FixedString(64)        COMMENT 'hex of HMAC-SHA-256 over this row and prev'
)
ENGINE = MergeTree
ORDER BY seq
SETTINGS non_replicated_deduplication_window = 10000;
