-- ACTOR_ROWS
WITH opened AS (
  SELECT
    access.actor,
    access.policy,
    EPOCH_US(access."at") AS "at"
  FROM access
  JOIN asked_actors
    ON asked_actors.actor = access.actor
), daily AS (
  SELECT
    actor,
    policy,
    MIN("at") AS "at"
  FROM opened
  GROUP BY
    actor,
    policy,
    (
      "at" + $shift
    ) // $day
)
SELECT
  daily.actor,
  daily.policy,
  placed.stratum,
  daily."at"
FROM daily
JOIN placed
  ON placed.policy = daily.policy
ORDER BY
  daily.actor,
  daily."at",
  daily.policy
