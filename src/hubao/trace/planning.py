"""How many victims are needed: the second-order formula, before and during a case."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, xlogy

from hubao.trace.reduced import Floats, Ints

MOST = 1_000_000


class Information(NamedTuple):
    """What one victim says about a source, in nats: mean and variance."""

    mean: float
    variance: float


def information(exposure: float, share: float) -> Information:
    """What one victim says where the book is one stratum.

    Args:
        exposure: share of the records, in (0, 1), that the source had seen.
        share: share of the victims, in [0, 1], that come from it.

    Source: methods/trace.md 5.
    """
    return _over_strata(np.array([exposure]), np.array([share]), np.ones(1))


def information_within(seen: Ints, records: Ints, share: float) -> Information:
    """What one victim says where only records of its own stratum are compared.

    The source's victims fall where its records are, the others evenly over the book; a stratum
    of which it saw nothing or everything says nothing.

    Args:
        seen: int (s,); records of each stratum that the source had seen, some.
        records: int (s,); records of each stratum.
        share: share of the victims, in [0, 1], that come from the source.

    Source: methods/trace.md 5, with exposures within strata.
    """
    own, others = share * seen / seen.sum(), (1.0 - share) * records / records.sum()
    tells = (seen > 0) & (seen < records)
    own, others, exposure = own[tells], others[tells], (seen / np.maximum(records, 1))[tells]
    weight = own + others
    return _over_strata(exposure, own / weight, weight)


def _over_strata(exposure: Floats, share: Floats, weight: Floats) -> Information:
    hit = share + (1.0 - share) * exposure
    gain = np.log(hit / exposure)
    # A victim that the source had not seen: log (1 - hit) / (1 - exposure) = log (1 - share).
    lost = xlogy(1.0 - hit, 1.0 - share)
    mean = float(weight @ (hit * gain + lost))
    square = float(weight @ (hit * gain**2 + xlogy(lost, 1.0 - share)))
    return Information(mean, max(square - mean**2, 0.0))


def victims_for(log_evidence: float, one: Information, power: float = 0.95) -> float:
    """Solve n * mean - z * sqrt(n * variance) = log_evidence for n.

    Args:
        log_evidence: natural log of the evidence still to be gathered, positive.
        one: what one victim says.
        power: chance of having gathered it by then.

    Returns:
        Victims, not rounded; infinity where each one says nothing.

    Source: methods/trace.md 4.5 and 5 (second order: Polyanskiy, Poor & Verdu 2010).
    """
    if one.mean <= 0.0:
        return np.inf
    z = float(ndtri(power))
    spread = z * np.sqrt(one.variance)
    root = spread + np.sqrt(spread**2 + 4.0 * one.mean * log_evidence)
    return float((root / (2.0 * one.mean)) ** 2)


def victims_for_power(
    one: Information, family: int, alpha: float = 0.01, power: float = 0.95
) -> float:
    """Victims needed to name a source among `family` actors, starting from nothing (n95)."""
    return victims_for(float(np.log(family / alpha)), one, power)


def further_victims(missing: float, exposure: float, share: float) -> int | None:
    """Further victims needed for `missing` nats; 0 if none are missing, None if none would do."""
    if missing <= 0.0:
        return 0
    if not (0.0 < exposure < 1.0 and share > 0.0):
        return None
    needed = victims_for(missing, information(exposure, share))
    return int(np.ceil(needed)) if needed <= MOST else None
