-- DEGREES
SELECT
  policy,
  COUNT(*) FILTER(WHERE
    "at" < MAKE_TIMESTAMP($start)) AS degree
FROM first_seen
GROUP BY
  policy

-- DEGREE_STRATA
WITH sizes AS (
  SELECT
    cell,
    degree,
    COUNT(*) AS n
  FROM records
  GROUP BY
    cell,
    degree
), ranked AS (
  SELECT
    cell,
    degree,
    n,
    SUM(n) OVER (PARTITION BY cell ORDER BY degree) - n AS below,
    SUM(n) OVER (PARTITION BY cell) AS whole
  FROM sizes
), tenths AS (
  SELECT
    cell,
    degree,
    n,
    below * GREATEST(1, LEAST($tenths, whole // $fewest)) // whole AS tenth
  FROM ranked
)
SELECT
  cell,
  degree,
  CAST(n AS BIGINT) AS n,
  CAST(DENSE_RANK() OVER (ORDER BY cell, tenth) - 1 AS BIGINT) AS stratum
FROM tenths

-- FIRST
SELECT
  EPOCH_US(MIN("at")) AS first,
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
  records.policy,
  degree_strata.stratum
FROM records
JOIN degree_strata
  ON degree_strata.cell = records.cell AND degree_strata.degree = records.degree

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
