"""How large a share of the contacts could still come from one actor of the log.

Where that is small for everybody, the records did not come through this log: the source is
outside it, or nothing was leaked and the contacts are cold calls. The victims alone can't say
which of the two.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hubao.trace.reduced import Floats, Reduced

Bools = NDArray[np.bool_]
STRENGTHS: Floats = np.geomspace(1e-3, 1e6, 91)
SURE = 0.05  # chance that the bound on a true source's share is too low
OUTSIDE = 0.2  # no actor accounts for more than this: the source is outside the log
WIDE = 0.5  # an account that had seen this share of its own strata can't be ruled out, or in


def share_bounds(reduced: Reduced, background: Floats) -> Floats:
    """Bound each actor's share of the contacts from above.

    "Actor j is the source of a share of theta or more" is rejected where the likelihood of no
    source at all is 1 / SURE times that of j at every such strength: an e-value, so a true
    source's bound fails with a chance of at most SURE, whatever the number of actors.

    Args:
        reduced: n victims, m actors.
        background: float (n,); rate of each victim's stratum, only ratios count.

    Returns:
        float (m,): the largest share, in [0, 1], that can't be rejected.

    Source: methods/trace.md 4.3; Ville (1939).
    """
    share = reduced.share.tocsc()
    column = np.repeat(np.arange(share.shape[1]), np.diff(share.indptr))
    rate = background / background.mean()
    alone = share.data / rate[share.indices]
    touched = reduced.touched.tocsc()
    toucher = np.repeat(np.arange(share.shape[1]), np.diff(touched.indptr))
    seen = 1.0 / rate[touched.indices]
    bounds = np.zeros(share.shape[1])
    for gamma in STRENGTHS:
        log_l = np.bincount(toucher, np.log1p(gamma * seen), minlength=len(bounds))
        log_l -= np.bincount(column, np.log1p(gamma * alone), minlength=len(bounds))
        part = gamma * alone / (1.0 + gamma * alone)
        theta = np.bincount(column, part, minlength=len(bounds)) / reduced.victims
        bounds = np.where(log_l > np.log(SURE), np.maximum(bounds, theta), bounds)
    return bounds


def too_wide(reduced: Reduced) -> Bools:
    """bool (m,): accounts that had seen over half of the strata they work in.

    Whoever sees most of a region is touched by most of a wave of calls there, so neither a source
    nor its absence shows.
    """
    within = np.diff(reduced.share.tocsc().indptr)
    return np.asarray(reduced.expected > WIDE * np.maximum(within, 1))


def largest_share(reduced: Reduced, backgrounds: Sequence[Floats]) -> float:
    """Bound the share of any one actor of the log, those `too_wide` left out.

    Actors that touched no victim count too: a source of a share theta leaves all n victims
    untouched with a chance of at most exp(-n theta).
    """
    bounds = np.stack([share_bounds(reduced, one) for one in backgrounds]).max(axis=0)
    untouched = -np.log(SURE) / reduced.victims
    return float(min(1.0, max(untouched, bounds[~too_wide(reduced)].max(initial=0.0))))
