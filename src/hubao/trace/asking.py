"""Whom to ask next: the policyholders whose answers tell the leading explanations apart.

Two actors that saw much the same records are told apart by the records only one of them saw. If
A is the source, the records only A had seen are contacted more often than those only B had seen;
if B is, the other way round. So equally many of each are asked, matched by stratum: a record only
A saw beside one only B saw, else alike as far as strata go.

Answers gathered because of a suspect must not count as evidence against chance (methods 10.4):
whoever is asked about A's records and says yes makes A look guilty. They are recorded with
`asked_because` = the actor in `seen_by` and are left out of every trace; they only weigh one
suspect against the other, by `apart`.
Source: methods/trace.md 4.5 (adaptive call-back), 5 (Chernoff information), 10.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import binom

from hubao.lake.engine import Engine
from hubao.lake.steps import step
from hubao.trace.leaking import Source
from hubao.trace.reduced import Floats, Ints

COUNT = 20
# Share of the contacts that are reported unasked; a prior, methods/trace.md gives no figure.
TOLD = 0.2
ERROR = 0.05  # chance of taking the wrong one when enough have answered
SPREAD = 0.9  # a further match of the same stratum counts so much of the one before
MOST_ANSWERS = 1_000_000

# Not those whom nobody, or more than one of the rivals, had seen; nor whoever told already.
CANDIDATES = """
WITH once AS (
  SELECT policy, min(k) AS k, max(chance) AS chance FROM rival_rows
  GROUP BY policy HAVING count(*) = 1 AND max(chance) > 0),
placed_once AS (
  SELECT once.policy, once.k, once.chance, placed.stratum
  FROM once JOIN placed ON placed.policy = once.policy
  ANTI JOIN victims ON victims.policy = once.policy),
ordered AS (
  SELECT policy, k, chance, stratum,
    row_number() OVER (
      PARTITION BY stratum, k ORDER BY chance DESC, md5_number_lower(policy), policy) AS place
  FROM placed_once)
SELECT policy, k, chance, stratum, place FROM ordered WHERE place <= $most
ORDER BY stratum, place, k
"""


@dataclass(frozen=True)
class Asking:
    """Whom to ask, and how far that goes.

    Attributes:
        rows: (policy, stratum, seen_by, discriminates, pair, if_source, if_not): internal id; label
            of the stratum; the one rival that had seen it; the rivals it is told apart from;
            number of the matched group, null for a record that found no match; chance that a
            contact is told of, should `seen_by` be the source, and should it not.
        answers: such answers after which the rivals are expected to be apart at 95 %; None where
            no number would do.
    """

    rows: pa.Table
    answers: int | None


@dataclass(frozen=True)
class Apart:
    """What answers say of one rival against another.

    Attributes:
        log_odds: natural log of the odds, first over second, under the fitted rates.
        decided: matched pairs of which exactly one was contacted.
        chance_first: chance of so many of those on the first's side, or more, were the first not
            the source: exact, whatever the rates.
        chance_second: the same for the second.
    """

    log_odds: float
    decided: int
    chance_first: float
    chance_second: float


def asking(
    engine: Engine,
    rivals: Sequence[Source],
    background: Floats,
    labels: Sequence[str],
    *,
    mean_rate: float,
    count: int = COUNT,
    told: float = TOLD,
) -> Asking:
    """Choose policyholders to ask.

    Args:
        engine: holds `rival_rows` (`leaking.copied_rows` for the rivals), `placed`, `victims`.
        rivals: two or three leading explanations.
        background: float (s,); fitted rate of each stratum, in units of the mean rate.
        labels: s labels.
        mean_rate: reported contacts per record so far.
        count: how many to ask at most.
        told: share of the contacts that are reported unasked; asking brings out the others.
    """
    found = engine.fetch(step(CANDIDATES), {"most": count})
    k, stratum = found.column("k").to_numpy(), found.column("stratum").to_numpy()
    strength = np.array([one.strength for one in rivals])
    extra = strength[k] * found.column("chance").to_numpy()
    scale = mean_rate / told
    hit = -np.expm1(-scale * (background[stratum] + extra))
    base = -np.expm1(-scale * background[stratum])
    chosen, pair = _choose(k, stratum, found.column("place").to_numpy(), hit - base, count)
    names = [one.actor for one in rivals]
    seen_by = [names[one] for one in k[chosen]]
    others = [[name for name in names if name != one] for one in seen_by]
    rows = pa.table(
        {
            "policy": found.column("policy").take(pa.array(chosen)),
            "stratum": pa.array([labels[z] for z in stratum[chosen]], pa.string()),
            "seen_by": pa.array(seen_by, pa.string()),
            "discriminates": pa.array(others, pa.list_(pa.string())),
            "pair": pa.array(pair, pa.int64(), mask=pair < 0),
            "if_source": hit[chosen],
            "if_not": base[chosen],
        }
    )
    return Asking(rows, answers_needed(k[chosen], hit[chosen], base[chosen], len(rivals)))


def _choose(k: Ints, stratum: Ints, place: Ints, gain: Floats, count: int) -> tuple[Ints, Ints]:
    """Rows to ask, and the pair of each or -1.

    Whole matches come first, by what they tell, spread over the strata; then, to fill up, records
    without a match, one of each rival in turn.
    """
    _, match = np.unique(np.column_stack([stratum, place]), axis=0, return_inverse=True)
    match = match.ravel()
    size = np.bincount(match)[match]
    telling = (np.bincount(match, gain) / np.bincount(match))[match] * SPREAD ** (place - 1)
    lone = size == 1
    by_rival = np.lexsort((match, -telling, k, ~lone))
    turn = np.zeros(len(k), dtype=np.int64)
    turn[by_rival] = np.arange(len(k)) - np.searchsorted(k[by_rival][: lone.sum()], k[by_rival])
    order = np.lexsort((k, match, np.where(lone, k, place), np.where(lone, turn, -telling), -size))
    chosen = order[_fits(match[order], size[order], count)]
    numbers = np.cumsum(np.append(True, np.diff(match[chosen]) != 0)[: len(chosen)]) - 1
    return chosen, np.where(lone[chosen], -1, numbers)


def _fits(match: Ints, size: Ints, count: int) -> Ints:
    """The first rows of whole matches that are `count` at most."""
    starts = np.flatnonzero(np.append(True, match[1:] != match[:-1])[: len(match)])
    ends = starts + size[starts]
    return np.arange(int(ends[ends <= count].max(initial=0)))


def answers_needed(seen_by: Ints, hit: Floats, base: Floats, rivals: int) -> int | None:
    """Answers of this kind that set the rivals apart at 95 %, by the least of their pairs.

    Args:
        seen_by: int (n,); which rival had seen each.
        hit, base: float (n,); chance of a contact, should that rival be the source or not.
        rivals: how many there are.

    Source: methods/trace.md 5: n >= ln(K / delta) / C, C = Chernoff information an answer.
    """
    if not len(seen_by):
        return None
    per_answer = min(
        chernoff(*_two(seen_by, hit, base, a, b)) / len(seen_by)
        for a, b in combinations(range(rivals), 2)
    )
    needed = np.log((rivals - 1) / ERROR) / max(per_answer, 1e-300)
    return int(np.ceil(needed)) if needed <= MOST_ANSWERS else None


def _two(seen_by: Ints, hit: Floats, base: Floats, a: int, b: int) -> tuple[Floats, Floats]:
    """Chances of a contact for each record, should a be the source, and should b."""
    return np.where(seen_by == a, hit, base), np.where(seen_by == b, hit, base)


def chernoff(first: Floats, second: Floats) -> float:
    """Chernoff information, in nats, between two lists of independent yes-or-no answers."""

    def affinity(s: float) -> float:
        yes = first**s * second ** (1.0 - s)
        no = (1.0 - first) ** s * (1.0 - second) ** (1.0 - s)
        return float(np.log(yes + no).sum())

    found = minimize_scalar(affinity, bounds=(0.0, 1.0), method="bounded")
    return max(-float(found.fun), 0.0)


def apart(contacted: Ints, first: Ints, hit: Floats, base: Floats, pair: Ints) -> Apart:
    """Weigh one rival against another by what those who were asked said.

    Args:
        contacted: int (n,), 0 or 1; whether a contact was told of.
        first: int (n,), 0 or 1; 1 = only the first had seen the record, 0 = only the second.
        hit, base: float (n,) in (0, 1); `if_source` and `if_not` of the rows.
        pair: int (n,); number of the matched group, -1 for none.

    Limits: the exact bound rests on matched pairs alone. Were the first no source, the record on
        its side would be contacted no more often than the other of its stratum, so of the pairs
        that decide, its side has at most Binomial(decided, 1/2).
    """
    yes, no = xlogy(contacted, hit / base), xlogy(1 - contacted, (1.0 - hit) / (1.0 - base))
    sign = 2 * first - 1
    own = pair[pair >= 0]
    sides = np.bincount(own, first[pair >= 0]), np.bincount(own, 1 - first[pair >= 0])
    balance = np.bincount(own, (contacted * sign)[pair >= 0])
    balance = balance[(sides[0] == 1) & (sides[1] == 1)]  # of three rivals a third may stand alone
    firsts, seconds = int((balance > 0).sum()), int((balance < 0).sum())
    decided = firsts + seconds
    return Apart(
        log_odds=float((sign * (yes + no)).sum()),
        decided=decided,
        chance_first=float(binom.sf(firsts - 1, decided, 0.5)),
        chance_second=float(binom.sf(seconds - 1, decided, 0.5)),
    )
