-- EXPOSED
WITH whole_book AS (
  SELECT
    placed.policy,
    stratum_contacts.contacts AS background,
    COALESCE(shared_out.contacts, 0) AS from_sources,
    ROUND(COALESCE(shared_out.leaked, 0), 9) AS leaked,
    sources.actor
  FROM placed
  JOIN stratum_contacts
    ON stratum_contacts.stratum = placed.stratum
  LEFT JOIN shared_out
    ON shared_out.policy = placed.policy
  LEFT JOIN sources
    ON sources.k = shared_out.k
  ANTI JOIN victims
    ON victims.policy = placed.policy
), reckoned AS (
  SELECT
    policy,
    ROUND(background + from_sources, 12) AS expected,
    leaked,
    actor,
    from_sources > background AS by_source
  FROM whole_book
)
SELECT
  ROW_NUMBER() OVER (ORDER BY expected DESC, leaked DESC, MD5_NUMBER_LOWER(policy), policy) AS rank,
  policy,
  expected AS expected_contacts,
  leaked AS leaked_copy,
  actor AS source,
  by_source
FROM reckoned

-- HOW_MANY
SELECT
  COUNT(*) AS n
FROM exposed

-- RANKED
SELECT
  rank,
  policy,
  expected_contacts,
  leaked_copy,
  source,
  CASE WHEN by_source THEN $by_source ELSE $by_stratum END AS why
FROM exposed
WHERE
  rank >= $first AND rank < $beyond
ORDER BY
  rank

-- SHARED_OUT
WITH fresh AS (
  SELECT
    copied_rows.policy,
    copied_rows.k,
    copied_rows.chance
  FROM copied_rows
  ANTI JOIN victims
    ON victims.policy = copied_rows.policy
  WHERE
    copied_rows.chance > 0
), whole AS (
  SELECT
    k,
    SUM(chance) AS chance
  FROM fresh
  GROUP BY
    k
), parts AS (
  SELECT
    fresh.policy,
    fresh.k,
    fresh.chance * sources.chance AS leaked,
    sources.chance * sources.victims_left * fresh.chance / whole.chance AS contacts
  FROM fresh
  JOIN whole
    ON whole.k = fresh.k
  JOIN sources
    ON sources.k = fresh.k
), ordered AS (
  SELECT
    policy,
    k,
    leaked,
    contacts,
    ROW_NUMBER() OVER (PARTITION BY policy ORDER BY contacts DESC, leaked DESC, k) AS place
  FROM parts
)
SELECT
  policy,
  SUM(contacts) AS contacts,
  1 - PRODUCT(1 - leaked) AS leaked,
  MAX(k) FILTER(WHERE
    place = 1) AS k
FROM ordered
GROUP BY
  policy
