-- COPIED
WITH opened AS (
  SELECT
    asked_sources.k,
    access.policy,
    EPOCH_US(access."at") AS "at"
  FROM access
  JOIN asked_sources
    ON asked_sources.actor = access.actor
  WHERE
    access."at" < $last
)
SELECT
  opened.policy,
  opened.k,
  MAX(under_way.chance) AS chance
FROM opened
ASOF JOIN under_way
  ON under_way.k = opened.k AND opened."at" >= under_way.since
GROUP BY
  opened.policy,
  opened.k

-- INDEX_COPIED
SELECT DISTINCT
  records.policy,
  asked_sources.k,
  CAST(1 AS DOUBLE) AS chance
FROM first_seen
JOIN actors
  ON actors.id = first_seen.actor
JOIN asked_sources
  ON asked_sources.actor = actors.actor
JOIN records
  ON records.id = first_seen.record
WHERE
  first_seen."at" < $last

-- INDEX_PLACED
SELECT
  policy,
  stratum
FROM records
