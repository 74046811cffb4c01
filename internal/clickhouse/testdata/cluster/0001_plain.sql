-- Rows of one call stay together.
-- distributed by cityHash64(call_key)
CREATE TABLE IF NOT EXISTS legs (
    call_key String,
    note     String DEFAULT 'ENGINE = (none)',
    version  UInt64,
    INDEX by_note note TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY cityHash64(call_key) % 4
ORDER BY call_key
TTL toDateTime(version) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 100;

-- distributed by rand()
CREATE TABLE IF NOT EXISTS `odd name` (a UInt8) ENGINE MergeTree() ORDER BY a;

CREATE TABLE IF NOT EXISTS units (name String) ENGINE = MergeTree ORDER BY name;

CREATE TABLE IF NOT EXISTS nowhere (name String) ENGINE = Null;

CREATE OR REPLACE VIEW named AS SELECT name FROM units;

ALTER TABLE legs ADD COLUMN IF NOT EXISTS source String AFTER note;

ALTER TABLE legs ADD INDEX IF NOT EXISTS by_source source TYPE set(100);

ALTER TABLE units ADD COLUMN IF NOT EXISTS board String;

DROP TABLE IF EXISTS `odd name`;
