"""Which strata the calls from outside the sources fall on: background rates for those to be warned.

The fitted rate of each stratum (`rates.fit`) rests on its own victims alone, few or none. Callers
mostly choose by region, age and product, each by itself, so rates that are products of one factor
a column say more about strata without victims:

    background_z = level * prod over columns f of m_f(value of z in f) * rest_z,

every factor shrunk to 1 by a gamma prior of so many pseudo-victims, fitted in turn till none moves.
It ranks the warned; the evidence against an actor never rests on it.
Source: methods/trace.md 4.2; iterative proportional fitting with gamma-Poisson shrinkage.
"""

import re
from collections.abc import Sequence

import numpy as np

from hubao.trace import rates
from hubao.trace.reduced import Floats, Ints, Reduced

FOR_COLUMN = 0.5  # pseudo-victims that hold a column's factor at 1
FOR_STRATUM = 4.0  # and a stratum's own
ROUNDS = 200


def levels(labels: Sequence[str], columns: Sequence[str]) -> Ints:
    """int (s, f): the value of each stratum in each column, numbered column by column.

    Args:
        labels: s labels of `Places`: "region=3, product=1, access_degree=2-7".
        columns: f names, in the order of the labels; what follows them is passed over.
    """
    parts = ", ".join(f"{re.escape(name)}=(.*)" for name in columns)
    pattern = re.compile(parts + r"(?:, access_degree=[0-9-]*)?", re.DOTALL)
    found = [pattern.fullmatch(label) for label in labels]
    values = [match.groups() if match else ("",) * len(columns) for match in found]
    numbered = [np.unique([v[f] for v in values], return_inverse=True)[1].ravel()
                for f in range(len(columns))]  # fmt: skip
    return np.array(numbered, dtype=np.int64).reshape(len(columns), len(labels)).T


def smoothed(reduced: Reduced, fit: rates.Fit, sources: Ints, codes: Ints) -> Floats:
    """Share the background's victims out by columns.

    Args:
        reduced: n victims, s strata.
        fit: its rates with the sources.
        sources: int (c,); columns of `fit`'s sources.
        codes: int (s, f); see `levels`.

    Returns:
        float (s,): background rates in units of the mean rate, as in `fit`; over all records they
        bring as many contacts as the fitted ones did to the victims.
    """
    size = (reduced.stratum_records * (reduced.victims / reduced.records)).astype(np.float64)
    own = fit.background[reduced.stratum]
    rate = own + reduced.touched_by(sources) @ fit.strengths
    cold = np.bincount(reduced.stratum, own / rate, minlength=len(size)).astype(np.float64)
    weights = [FOR_COLUMN] * codes.shape[1] + [FOR_STRATUM]
    terms = [*codes.T, np.arange(len(size))]
    found = _in_turn(cold, size, terms, weights)
    return np.asarray(found * cold.sum() / max(float(found @ size), 1e-300), dtype=np.float64)


def _in_turn(cold: Floats, size: Floats, terms: Sequence[Ints], weights: Sequence[float]) -> Floats:
    """float (s,): product of a factor for each term, each fitted with the others held."""
    rate = np.full(len(size), max(float(cold.sum()), 1e-9) / size.sum())
    factors = [np.ones(int(term.max(initial=0)) + 1) for term in terms]
    for _ in range(ROUNDS):
        moved = 0.0
        for term, weight, factor in zip(terms, weights, factors, strict=True):
            count = len(factor)
            expected = np.bincount(term, rate * size, minlength=count) / factor
            fresh = (np.bincount(term, cold, minlength=count) + weight) / (expected + weight)
            moved = max(moved, float(np.abs(np.log(fresh / factor)).max()))
            rate = rate * (fresh / factor)[term]
            factor[:] = fresh
        if moved < 1e-6:
            break
    return rate
