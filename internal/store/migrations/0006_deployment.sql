-- Which database this is, wherever its directory is moved: one row, written at the first start.
CREATE TABLE IF NOT EXISTS deployment
(
    id String
)
ENGINE = MergeTree
ORDER BY id
SETTINGS non_replicated_deduplication_window = 100;
