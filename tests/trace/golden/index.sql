-- ALL_LOGINS
SELECT
  login,
  actor
FROM logins
UNION
SELECT
  login,
  actor
FROM identities

-- CLASHES
SELECT
  identities.line
FROM identities
LEFT JOIN logins
  ON logins.login = identities.login
WHERE
  logins.actor <> identities.actor
  OR (
    identities.login <> identities.actor
    AND (
      (
        logins.login IS NULL AND identities.login IN (
          SELECT
            actor
          FROM actors
        )
      )
      OR identities.login IN (
        SELECT
          actor
        FROM logins
      )
      OR identities.actor IN (
        SELECT
          login
        FROM logins
        WHERE
          login <> actor
      )
    )
  )
ORDER BY
  identities.line
LIMIT 1

-- COUNTED
SELECT
  (
    SELECT
      COUNT(*)
    FROM actors
  ) AS actors,
  (
    SELECT
      COUNT(*)
    FROM records
  ) AS records,
  (
    SELECT
      CAST(SUM(n) AS BIGINT)
    FROM counts
  ) AS pairs

-- EARLIER
SELECT
  fresh.record,
  fresh.actor,
  fresh.stratum,
  fresh."at",
  known."at" AS was
FROM fresh
LEFT JOIN known
  ON known.record = fresh.record AND known.actor = fresh.actor
WHERE
  known."at" IS NULL OR fresh."at" < known."at"

-- FIXED_STRATA
SELECT
  stratum,
  label,
  ANY_VALUE(cell) AS cell
FROM strata
GROUP BY
  stratum,
  label
ORDER BY
  stratum

-- ISSUED_RECORDS
SELECT
  placed.policy,
  placed.stratum,
  dates.issued
FROM placed
LEFT JOIN (
  SELECT
    policy,
    MIN(issued) AS issued
  FROM policies
  GROUP BY
    policy
) AS dates
  ON dates.policy = placed.policy

-- KNOWN
SELECT
  record,
  actor,
  MIN("at") AS "at"
FROM first_seen
GROUP BY
  record,
  actor

-- LATER_RECORDS
SELECT DISTINCT
  policy,
  CAST($stratum AS BIGINT) AS stratum,
  CAST(NULL AS TIMESTAMP) AS issued
FROM first_seen

-- MOVES
SELECT
  EPOCH_US("at") // $hour AS hour,
  stratum,
  actor,
  "at",
  1 AS n
FROM earlier
UNION ALL
SELECT
  EPOCH_US(was) // $hour AS hour,
  stratum,
  actor,
  was AS "at",
  -1 AS n
FROM earlier
WHERE
  NOT was IS NULL

-- NEW_STRATA
SELECT
  fixed.stratum,
  fixed.label,
  ANY_VALUE(fixed.cell) AS cell,
  COUNT(new_records.id) AS records
FROM fixed
LEFT JOIN new_records
  ON new_records.stratum = fixed.stratum
GROUP BY
  fixed.stratum,
  fixed.label

-- PARTS.actors
SELECT
  id,
  actor
FROM new_actors
ORDER BY
  id

-- PARTS.counts
SELECT
  actor,
  stratum,
  hour,
  CAST(SUM(n) AS BIGINT) AS n
FROM moves
GROUP BY
  actor,
  stratum,
  hour
ORDER BY
  actor,
  stratum,
  hour

-- PARTS.first_seen
SELECT
  record,
  actor,
  "at"
FROM earlier
ORDER BY
  record,
  actor

-- PARTS.logins
SELECT
  login,
  actor
FROM new_logins
ORDER BY
  login

-- PARTS.meta
SELECT
  key,
  value
FROM new_meta

-- PARTS.moments
SELECT
  hour,
  stratum,
  actor,
  "at",
  n
FROM moves
ORDER BY
  hour,
  stratum,
  actor,
  "at"

-- PARTS.records
SELECT
  id,
  MD5_NUMBER_LOWER(policy) AS key,
  policy,
  stratum,
  issued
FROM new_records
ORDER BY
  id

-- PARTS.strata
SELECT
  stratum,
  label,
  cell,
  records
FROM new_strata

-- PLACED_RECORDS
SELECT
  policy,
  stratum,
  CAST(NULL AS TIMESTAMP) AS issued
FROM placed

-- STEPS.all_actors
SELECT
  id,
  actor
FROM actors
UNION ALL
SELECT
  id,
  actor
FROM new_actors

-- STEPS.all_records
SELECT
  id,
  policy,
  stratum
FROM records
UNION ALL
SELECT
  id,
  policy,
  stratum
FROM new_records

-- STEPS.fresh
SELECT
  all_records.id AS record,
  all_actors.id AS actor,
  all_records.stratum,
  first_seen."at"
FROM first_seen
JOIN all_actors
  ON all_actors.actor = first_seen.actor
JOIN all_records
  ON all_records.policy = first_seen.policy

-- STEPS.new_actors
SELECT
  (
    SELECT
      COUNT(*)
    FROM actors
  ) + ROW_NUMBER() OVER (ORDER BY actor) - 1 AS id,
  actor
FROM (
  SELECT DISTINCT
    actor
  FROM first_seen
) AS fresh
WHERE
  NOT actor IN (
    SELECT
      actor
    FROM actors
  )

-- STEPS.new_logins
SELECT DISTINCT
  identities.login,
  identities.actor
FROM identities
ANTI JOIN logins
  USING (login)

-- STEPS.new_records
SELECT
  (
    SELECT
      COUNT(*)
    FROM records
  ) + ROW_NUMBER() OVER (ORDER BY policy) - 1 AS id,
  policy,
  stratum,
  issued
FROM placed_records
ANTI JOIN records
  USING (policy)
