-- ASKED_FOR
SELECT
  actor AS name
FROM actors
WHERE
  actor IN (
    SELECT
      asked_because
    FROM victims
  )
UNION
SELECT
  logins.login AS name
FROM logins
JOIN actors
  ON actors.actor = logins.actor
WHERE
  logins.login IN (
    SELECT
      asked_because
    FROM victims
  )

-- CANDIDATE_HOURS
SELECT
  numbered.j,
  counts.stratum,
  counts.hour,
  counts.n
FROM counts
JOIN numbered
  ON numbered.id = counts.actor

-- CUT_HOURS
SELECT DISTINCT
  stratum,
  EPOCH_US(cut) // $hour AS hour
FROM cuts
WHERE
  EPOCH_US(cut) % $hour <> 0

-- HOUR_CUTS
WITH span AS (
  SELECT
    MIN(hour) AS first,
    MAX(hour) AS last
  FROM candidate_hours
), hours AS (
  SELECT
    used.stratum,
    UNNEST(RANGE(span.first, span.last + 1)) AS hour
  FROM span
  CROSS JOIN (
    SELECT DISTINCT
      stratum
    FROM cuts
  ) AS used
)
SELECT
  hours.stratum,
  hours.hour,
  cuts.c
FROM (
  SELECT
    stratum,
    hour,
    hour * $hour AS "at"
  FROM hours
) AS hours
ASOF JOIN (
  SELECT
    stratum,
    c,
    EPOCH_US(cut) AS cut
  FROM cuts
) AS cuts
  ON cuts.stratum = hours.stratum AND hours."at" < cuts.cut
ANTI JOIN cut_hours
  ON cut_hours.stratum = hours.stratum AND cut_hours.hour = hours.hour

-- INDEX_DATED
SELECT
  COUNT(issued) > 0 AS dated
FROM records

-- INDEX_LATE
WITH issues AS (
  SELECT
    id,
    policy,
    stratum,
    issued AS "at"
  FROM records
  WHERE
    issued >= (
      SELECT
        MIN(cut)
      FROM victim
    )
), opened AS (
  SELECT
    first_seen.record,
    MIN(first_seen."at") AS "at"
  FROM first_seen
  JOIN issues
    ON issues.id = first_seen.record
  GROUP BY
    first_seen.record
)
SELECT
  issues.policy,
  issues.stratum,
  LEAST(issues."at", opened."at", victim.cut - TO_MICROSECONDS(1)) AS "at"
FROM issues
LEFT JOIN opened
  ON opened.record = issues.id
LEFT JOIN victim
  ON victim.policy = issues.policy

-- INDEX_SEEN
WITH whole AS (
  SELECT
    candidate_hours.j,
    hour_cuts.c,
    candidate_hours.n
  FROM candidate_hours
  JOIN hour_cuts
    ON hour_cuts.stratum = candidate_hours.stratum
    AND hour_cuts.hour = candidate_hours.hour
), moved AS (
  SELECT
    numbered.j,
    moments.stratum,
    EPOCH_US(moments."at") AS "at",
    moments.n
  FROM moments
  JOIN cut_hours
    ON cut_hours.hour = moments.hour AND cut_hours.stratum = moments.stratum
  JOIN numbered
    ON numbered.id = moments.actor
), parts AS (
  SELECT
    moved.j,
    cuts.c,
    moved.n
  FROM moved
  ASOF JOIN (
    SELECT
      stratum,
      c,
      EPOCH_US(cut) AS cut
    FROM cuts
  ) AS cuts
    ON cuts.stratum = moved.stratum AND moved."at" < cuts.cut
)
SELECT
  j,
  c,
  CAST(SUM(n) AS BIGINT) AS n
FROM (
  SELECT
    j,
    c,
    n
  FROM whole
  UNION ALL
  SELECT
    j,
    c,
    n
  FROM parts
) AS "both"
GROUP BY
  j,
  c

-- INDEX_SHARED
WITH chosen AS (
  SELECT DISTINCT
    first_seen.record,
    numbered.j
  FROM first_seen
  JOIN numbered
    ON numbered.id = first_seen.actor
  WHERE
    first_seen."at" < $last
    AND numbered.j IN (
      SELECT
        a
      FROM pairs
      UNION
      SELECT
        b
      FROM pairs
    )
)
SELECT
  pairs.p,
  COUNT(*) AS n
FROM pairs
JOIN chosen AS one
  ON one.j = pairs.a
JOIN chosen AS other
  ON other.j = pairs.b AND other.record = one.record
GROUP BY
  pairs.p

-- INDEX_TOTALS
WITH whole AS (
  SELECT
    j,
    SUM(n) AS n
  FROM candidate_hours
  WHERE
    hour < $last // $hour
  GROUP BY
    j
), part AS (
  SELECT
    numbered.j,
    SUM(moments.n) AS n
  FROM moments
  JOIN numbered
    ON numbered.id = moments.actor
  WHERE
    moments.hour = $last // $hour AND EPOCH_US(moments."at") < $last
  GROUP BY
    numbered.j
)
SELECT
  j,
  CAST(SUM(n) AS BIGINT) AS n
FROM (
  SELECT
    j,
    n
  FROM whole
  UNION ALL
  SELECT
    j,
    n
  FROM part
) AS "both"
GROUP BY
  j

-- INDEX_TOUCHES
SELECT
  located.t,
  0 AS ask,
  actors.actor,
  EPOCH_US(MIN(first_seen."at")) AS "at"
FROM first_seen
JOIN located
  ON located.record = first_seen.record
JOIN actors
  ON actors.id = first_seen.actor
GROUP BY
  located.t,
  actors.actor

-- KEYED
SELECT
  id,
  policy,
  stratum
FROM records
WHERE
  key IN (
    SELECT
      MD5_NUMBER_LOWER(policy)
    FROM victim
  )

-- LOCATED
SELECT
  victim.t,
  keyed.id AS record,
  keyed.stratum
FROM keyed
JOIN victim
  ON victim.policy = keyed.policy

-- NUMBERED
SELECT
  actors.id,
  candidates.j
FROM actors
JOIN candidates
  ON candidates.actor = actors.actor

-- STRATA_SUMS
SELECT
  label,
  ANY_VALUE(cell) AS cell,
  CAST(SUM(records) AS BIGINT) AS records
FROM strata
GROUP BY
  stratum,
  label
ORDER BY
  stratum
