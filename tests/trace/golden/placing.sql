-- DEGREE
COUNT(*) FILTER(WHERE
  "at" < MAKE_TIMESTAMP($start))

-- DEGREE_STRATA
WITH sizes AS (
  SELECT
    cell,
    span,
    degree,
    COUNT(*) AS n
  FROM placed
  GROUP BY
    cell,
    span,
    degree
), ranked AS (
  SELECT
    cell,
    span,
    degree,
    n,
    SUM(n) OVER (PARTITION BY cell, span ORDER BY degree) - n AS below,
    SUM(n) OVER (PARTITION BY cell, span) AS whole
  FROM sizes
), tenths AS (
  SELECT
    cell,
    span,
    degree,
    n,
    below * GREATEST(1, LEAST($tenths, whole // $fewest)) // whole AS tenth
  FROM ranked
)
SELECT
  cell,
  span,
  degree,
  CAST(n AS BIGINT) AS n,
  CAST(DENSE_RANK() OVER (ORDER BY span, cell, tenth) - 1 AS BIGINT) AS stratum
FROM tenths

-- LAST
SELECT
  EPOCH_US(MAX("at")) AS last
FROM first_seen

-- LOG_ONLY
SELECT DISTINCT
  policy
FROM first_seen
ANTI JOIN policies
  USING (policy)

-- PLACED
SELECT
  policy,
  cell,
  UNNEST(RANGE(0, LENGTH(degrees))) AS span,
  UNNEST(degrees) AS degree
FROM records

-- STRATA
SELECT
  stratum,
  MIN(cell) AS cell,
  MIN(degree) AS lowest,
  MAX(degree) AS highest,
  CAST(SUM(n) AS BIGINT) AS records
FROM degree_strata
GROUP BY
  stratum
ORDER BY
  stratum

-- VICTIM_STRATA
SELECT
  victim.t,
  degree_strata.stratum
FROM victim
JOIN placed
  ON placed.policy = victim.policy AND placed.span = victim.span
JOIN degree_strata
  ON degree_strata.cell = placed.cell
  AND degree_strata.span = placed.span
  AND degree_strata.degree = placed.degree
