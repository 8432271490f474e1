"""Evidence within strata: the e-values that an accusation rests on."""

import numpy as np
from scipy.special import logsumexp

from hubao.trace.reduced import Floats, Ints, Reduced

BETAS: Floats = np.array([1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0])
STRENGTHS: Floats = np.exp2(np.arange(-1.0, 11.0))
LARGEST_TARGETING = 1e6


def log_e_values(reduced: Reduced, betas: Floats = BETAS) -> Floats:
    """Weigh, for every actor, how far the victims' strata alone explain what it had seen.

    Within a stratum each record still at risk is equally likely to be the next one
    reported; an actor that leaked makes the records it had seen likelier by 1 + beta.

    Args:
        reduced: n victims, m actors.
        betas: positive relative strengths to average over; no unit.

    Returns:
        float (m,): natural log of the e-value; 0 = no evidence, ln(family / alpha) = may be named.

    Limits: valid if victims are exchangeable within strata and arrive in the given order;
        victims reported together count against the risk set before any of them, which keeps
        the mean at most 1 (draws without replacement are negatively associated).
    Source: methods/trace.md 4.3; Ville (1939); Vovk & Wang (2021), Ann. Statist. 49(3).
    """
    share = reduced.share
    column = np.repeat(np.arange(share.shape[1]), np.diff(share.indptr))
    by_beta = [
        reduced.touches * np.log1p(beta)
        - np.bincount(column, np.log1p(beta * share.data), minlength=share.shape[1])
        for beta in betas
    ]
    return np.asarray(logsumexp(np.stack(by_beta), axis=0) - np.log(len(betas)))


def evidence_curve(touched: Floats, share: Floats, betas: Floats = BETAS) -> Floats:
    """Follow the evidence as victims arrive.

    Args:
        touched: float (n, k), 0 or 1; see `Reduced.touched`.
        share: float (n, k) in [0, 1]; see `Reduced.share`.
        betas: positive relative strengths to average over.

    Returns:
        float (n, k): natural log of each actor's e-value after each victim.
    """
    steps = [np.log1p(beta * touched) - np.log1p(beta * share) for beta in betas]
    return np.asarray(logsumexp(np.cumsum(steps, axis=1), axis=0) - np.log(len(betas)))


def under_targeting(share: Floats, strength: float) -> Floats:
    """Give the largest share that hidden targeting by up to `strength` could produce.

    Source: methods/trace.md 4.3 (after Rosenbaum's sensitivity analysis).
    """
    return strength * share / (strength * share + 1.0 - share)


def g_star(touched: Floats, share: Floats, bound: float, betas: Floats = BETAS) -> float | None:
    """Find the largest strength of hidden targeting at which the accusation still stands.

    Args:
        touched: float (n,), 0 or 1.
        share: float (n,) in [0, 1].
        bound: natural log of the e-value needed.

    Returns:
        G >= 1, at most a million; None if the accusation does not stand even without targeting.
    """

    def stands(strength: float) -> bool:
        adjusted = under_targeting(share, strength)
        curve = evidence_curve(touched[:, None], adjusted[:, None], betas)
        return bool(curve[-1, 0] >= bound)

    if not stands(1.0):
        return None
    low, high = 0.0, np.log(LARGEST_TARGETING)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if stands(float(np.exp(middle))) else (low, middle)
    return float(np.exp(low))


def log_e_given(
    touched: Floats, share: Floats, background: Floats, found: Ints, strengths: Floats
) -> tuple[Floats, Floats]:
    """Weigh each actor again once the sources found so far are known (absolute rates).

    Args:
        touched: float (n, k), 0 or 1, for the k actors compared.
        share: float (n, k) in [0, 1].
        background: float (n,); fitted rate of each victim's stratum, in units of the mean rate.
        found: int (c,); columns of the sources found so far, c may be 0.
        strengths: float (c,); their fitted strengths in the same unit.

    Returns:
        float (k,): natural log of the averaged factor; columns of `found` read minus infinity.
        float (k,): the best fitting strength of each, to start the next fit from.

    Source: methods/trace.md 4.3, multi-source form.
    """
    seen = background + touched[:, found] @ strengths
    alone = background + share[:, found] @ strengths
    by_strength = np.stack(
        [
            (np.log1p(g * touched / seen[:, None]) - np.log1p(g * share / alone[:, None])).sum(0)
            for g in STRENGTHS
        ]
    )
    averaged = logsumexp(by_strength, axis=0) - np.log(len(STRENGTHS))
    evidence = np.array(averaged, dtype=np.float64)
    evidence[found] = -np.inf
    return evidence, np.asarray(STRENGTHS[by_strength.argmax(axis=0)], dtype=np.float64)
