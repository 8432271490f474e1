"""The other methods on the same draws, each with what it needs and told no more than the tracer."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import baselines
from accuracy_oracle import strata
from accuracy_tracing import ALPHA, reported
from accuracy_worlds import Site
from baselines import RANKERS, Bools, Floats
from baselines_l1 import l1_logistic
from hubao.world.leaks import Seen
from hubao.world.model import NOBODY, Contacts, Ints, Leak

NAMERS: Mapping[str, Callable[..., Bools]] = {
    "Fisher": baselines.named_by_fisher_bh,
    "Mantel-Haenszel": baselines.named_by_mantel_haenszel,
}
L1 = "L1 logistic"
L1_DRAWS = 2  # of a cell in a world: its cross-validation takes longer than a trace
CONTROLS = 5  # for each victim, of the same stratum


def ask(
    site: Site, leak: Leak, contacts: Contacts, *, seed: int, number: int
) -> dict[str, list[Any]]:
    """Give the draw to every method.

    Args:
        site, leak, contacts: the draw.
        seed: of the L1 logistic regression's controls.
        number: the draw's number in its cell; L1 logistic takes the first few only.

    Returns:
        By method: whether a source is strictly first, how many sources and how many innocents it
        names; None where it names nobody by design.
    """
    told = reported(contacts)
    policy, cut = contacts.policy[told], contacts.stated[told]
    first = site.with_leak(leak)
    stratum = strata(site, first, before=int(cut.min()))
    seen = _seen(site, first, policy, cut, stratum)
    guilty = np.array([c.actor for c in leak.copies if c.actor != NOBODY], dtype=np.int64)
    answers = {name: _answer(rank(seen), guilty, None) for name, rank in RANKERS.items()}
    for name, namer in NAMERS.items():
        answers[name] = _answer(RANKERS[name](seen), guilty, namer(seen, alpha=ALPHA))
    if number < L1_DRAWS:
        rng = np.random.default_rng(seed)
        controls, when = _controls(rng, policy, cut, stratum)
        cases = np.vstack([seen.touched, _touched(site, first, controls, when)])
        is_victim = np.arange(len(cases)) < len(policy)
        answers[L1] = _answer(l1_logistic(cases, is_victim, seed=seed % 2**32), guilty, None)
    return answers


def _seen(site: Site, first: Seen, policy: Ints, cut: Ints, stratum: Ints) -> baselines.Seen:
    m, s = len(site.actors), int(stratum.max()) + 1
    early = first.at < int(cut.max())
    place = first.actor[early] * s + stratum[first.policy[early]]
    sizes = np.bincount(place, minlength=m * s).reshape(m, s)
    touched = _touched(site, first, policy, cut)
    return baselines.Seen(touched, stratum[policy], sizes, np.bincount(stratum))


def _touched(site: Site, first: Seen, policy: Ints, cut: Ints) -> Bools:
    """bool (n, m): the actor had opened the record before that time; records may repeat."""
    actor, record, at = first.actor, first.policy, first.at
    asked = np.zeros(len(site.policies), dtype=bool)
    asked[policy] = True
    mine = asked[record]
    order = np.argsort(record[mine], kind="stable")
    actor, record, at = actor[mine][order], record[mine][order], at[mine][order]
    low, high = np.searchsorted(record, policy), np.searchsorted(record, policy, side="right")
    row = np.repeat(np.arange(len(policy)), high - low)
    column = np.arange(len(row)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
    at_row = column + low[row]
    in_time = at[at_row] < cut[row]
    touched = np.zeros((len(policy), len(site.actors)), dtype=bool)
    touched[row[in_time], actor[at_row[in_time]]] = True
    return touched


def _controls(
    rng: np.random.Generator, policy: Ints, cut: Ints, stratum: Ints
) -> tuple[Ints, Ints]:
    """Draw records of each victim's stratum, looked at at the time of its contact."""
    order = np.argsort(stratum, kind="stable")
    begins = np.searchsorted(stratum[order], np.arange(int(stratum.max()) + 2))
    of = np.repeat(stratum[policy], CONTROLS)
    drawn = order[rng.integers(begins[of], begins[of + 1])]
    other = ~np.isin(drawn, policy)
    return drawn[other], np.repeat(cut, CONTROLS)[other]


def _answer(scores: Floats, guilty: Ints, named: Bools | None) -> list[Any]:
    first = bool(len(guilty)) and (scores >= scores[guilty].max()).sum() == 1
    if named is None:
        return [bool(first), None, None]
    right = int(named[guilty].sum())
    return [bool(first), right, int(named.sum()) - right]
