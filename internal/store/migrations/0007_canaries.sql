-- Canaries: which identity was planted in whose mailbox, where, when, and as whom.
CREATE TABLE IF NOT EXISTS canaries
(
    id       String                 COMMENT '12 hexadecimal digits',
    mailbox  String,
    change   String                 COMMENT 'id of the change that it is to watch',
    caller   String                 COMMENT 'the number it is left from: an extension, or a token',
    class    LowCardinality(String) COMMENT 'internal, external, foreign, withheld',
    by       String                 COMMENT 'who plants it',
    at       DateTime64(3, 'UTC')   COMMENT 'when it is planted',
    minted   DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(minted)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000;
