"""How many victims are needed: the second-order formula, before and during a case."""

import numpy as np
from scipy.special import ndtri

MOST = 1_000_000


def information(exposure: float, share: float) -> tuple[float, float]:
    """Mean and variance, in nats, of what one victim says about a source.

    Args:
        exposure: share of the records, in (0, 1), that the source had seen.
        share: share of the victims, in [0, 1], that come from it.

    Source: methods/trace.md 5.
    """
    hit = share + (1.0 - share) * exposure
    gain = np.log(hit / exposure)
    loss = np.log((1.0 - hit) / (1.0 - exposure)) if hit < 1.0 else 0.0
    mean = hit * gain + (1.0 - hit) * loss
    variance = hit * (gain - mean) ** 2 + (1.0 - hit) * (loss - mean) ** 2
    return float(mean), float(variance)


def victims_for(log_evidence: float, exposure: float, share: float, power: float = 0.95) -> float:
    """Solve n * mean - z * sqrt(n * variance) = log_evidence for n.

    Args:
        log_evidence: natural log of the evidence still to be gathered, positive.
        exposure, share: see `information`.
        power: chance of having gathered it by then.

    Returns:
        Victims, not rounded; infinity where each one says nothing.

    Source: methods/trace.md 4.5 and 5 (second order: Polyanskiy, Poor & Verdu 2010).
    """
    mean, variance = information(exposure, share)
    if mean <= 0.0:
        return np.inf
    z = float(ndtri(power))
    root = z * np.sqrt(variance) + np.sqrt(z * z * variance + 4.0 * mean * log_evidence)
    return float((root / (2.0 * mean)) ** 2)


def victims_for_power(
    exposure: float, share: float, family: int, alpha: float = 0.01, power: float = 0.95
) -> float:
    """Victims needed to name a source among `family` actors, starting from nothing (n95)."""
    return victims_for(float(np.log(family / alpha)), exposure, share, power)


def further_victims(missing: float, exposure: float, share: float) -> int | None:
    """Further victims needed for `missing` nats; 0 if none are missing, None if none would do."""
    if missing <= 0.0:
        return 0
    if not (0.0 < exposure < 1.0 and share > 0.0):
        return None
    needed = victims_for(missing, exposure, share)
    return int(np.ceil(needed)) if needed <= MOST else None
