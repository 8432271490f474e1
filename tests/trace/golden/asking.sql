-- CANDIDATES
WITH once AS (
  SELECT
    policy,
    MIN(k) AS k,
    MAX(chance) AS chance
  FROM rival_rows
  GROUP BY
    policy
  HAVING
    COUNT(*) = 1 AND MAX(chance) > 0
), placed_once AS (
  SELECT
    once.policy,
    once.k,
    once.chance,
    placed.stratum
  FROM once
  JOIN placed
    ON placed.policy = once.policy
  ANTI JOIN victims
    ON victims.policy = once.policy
), ordered AS (
  SELECT
    policy,
    k,
    chance,
    stratum,
    ROW_NUMBER() OVER (PARTITION BY stratum, k ORDER BY chance DESC, MD5_NUMBER_LOWER(policy), policy) AS place
  FROM placed_once
)
SELECT
  policy,
  k,
  chance,
  stratum,
  place
FROM ordered
WHERE
  place <= $most
ORDER BY
  stratum,
  place,
  k
