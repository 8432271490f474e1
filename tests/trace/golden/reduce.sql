-- ASKED_FOR
SELECT DISTINCT
  actor
FROM first_seen
WHERE
  actor IN (
    SELECT
      asked_because
    FROM victims
  )

-- ASKED_FOR_LOGIN
SELECT DISTINCT
  login
FROM identities
WHERE
  login IN (
    SELECT
      asked_because
    FROM victims
  )
  AND actor IN (
    SELECT
      actor
    FROM first_seen
  )

-- ASKED_ROWS
SELECT
  candidates.j,
  MIN(access."at") AS "at",
  cells.cell AS stratum
FROM access
JOIN candidates
  ON candidates.actor = access.actor
JOIN placed
  ON placed.policy = access.policy
JOIN cells
  ON cells.stratum = placed.stratum
JOIN shows
  ON shows.ask = cells.ask AND shows.fields IS NOT DISTINCT FROM access.fields
GROUP BY
  access.policy,
  candidates.j,
  cells.cell

-- ASKED_TOUCHES
WITH asked AS (
  SELECT DISTINCT
    stratum,
    ask
  FROM located
  WHERE
    ask > 0
)
SELECT
  located.t,
  asked.ask,
  access.actor,
  EPOCH_US(MIN(access."at")) AS "at"
FROM access
JOIN located
  ON located.policy = access.policy
JOIN asked
  ON asked.stratum = located.stratum
JOIN shows
  ON shows.ask = asked.ask AND shows.fields IS NOT DISTINCT FROM access.fields
GROUP BY
  located.t,
  asked.ask,
  access.actor

-- BEGINS
SELECT
  EPOCH_US(MIN("at")) AS begins
FROM first_seen

-- CANDIDATE_ROWS
SELECT
  first_seen.policy,
  candidates.j,
  first_seen."at"
FROM first_seen
JOIN candidates
  ON candidates.actor = first_seen.actor

-- FAMILY
SELECT
  COUNT(DISTINCT actor) AS n
FROM first_seen

-- FIRST_SEEN
SELECT
  actor,
  policy,
  MIN("at") AS "at"
FROM access
GROUP BY
  actor,
  policy

-- LISTED
SELECT DISTINCT
  fields
FROM access
WHERE
  NOT fields IS NULL

-- LOCATED
SELECT
  victim.t,
  victim.policy,
  victim.ask,
  placed.stratum
FROM victim
JOIN placed
  ON placed.policy = victim.policy

-- MEMBERS
SELECT
  policy,
  stratum
FROM placed
WHERE
  stratum IN (
    SELECT
      stratum
    FROM cuts
  )

-- OPENINGS
SELECT
  stratum,
  MIN(cut) AS cut,
  MIN(c) AS c
FROM cuts
GROUP BY
  stratum

-- PLACED_ROWS
SELECT
  candidate_rows.j,
  candidate_rows."at",
  members.stratum
FROM candidate_rows
JOIN members
  ON members.policy = candidate_rows.policy

-- SEEN
WITH rows AS (
  SELECT
    placed_rows.j,
    placed_rows."at",
    placed_rows.stratum,
    openings.c,
    openings.cut
  FROM placed_rows
  JOIN openings
    ON openings.stratum = placed_rows.stratum
), early AS (
  SELECT
    j,
    c,
    COUNT(*) AS n
  FROM rows
  WHERE
    "at" < cut
  GROUP BY
    j,
    c
), late AS (
  SELECT
    j,
    "at",
    stratum
  FROM rows
  WHERE
    "at" >= cut
), searched AS (
  SELECT
    late.j,
    cuts.c,
    COUNT(*) AS n
  FROM late
  ASOF JOIN cuts
    ON cuts.stratum = late.stratum AND late."at" < cuts.cut
  GROUP BY
    late.j,
    cuts.c
)
SELECT
  j,
  c,
  n
FROM early
UNION ALL
SELECT
  j,
  c,
  n
FROM searched

-- SHARED
SELECT
  pairs.p,
  COUNT(*) AS n
FROM pairs
JOIN candidate_rows AS one
  ON one.j = pairs.a
JOIN candidate_rows AS other
  ON other.j = pairs.b AND other.policy = one.policy
WHERE
  one."at" < $last AND other."at" < $last
GROUP BY
  pairs.p

-- TOTALS
SELECT
  j,
  COUNT(*) FILTER(WHERE
    "at" < $last) AS n
FROM candidate_rows
GROUP BY
  j

-- TOUCHES
SELECT
  victim.t,
  0 AS ask,
  first_seen.actor,
  EPOCH_US(first_seen."at") AS "at"
FROM first_seen
JOIN victim
  ON victim.policy = first_seen.policy
