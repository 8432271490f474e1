-- DEPARTURES
SELECT
  actor,
  EPOCH_US(MAX(actors."left")) AS gone
FROM actors
WHERE
  NOT actors."left" IS NULL
GROUP BY
  actor
ORDER BY
  actor
