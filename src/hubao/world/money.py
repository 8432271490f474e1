"""What a policy costs and what it is worth on the world's last day.

Cash value over premiums paid follows domain.md 6.2 for savings products: 10-40 % after one year,
60-90 % after five, 100 % and more after ten. The rest is prior: yearly premiums log-normal with
medians below, paid for up to ten years, and no cash value in term insurance. The mean policy has
about RMB 65,000 paid in; 6.3 has about 107,000 for a scammed one, and scammers look for large ones.
"""

import numpy as np

from hubao.world.model import Floats, Ints, Product

MEDIANS = (2_000, 6_000, 8_000, 10_000, 10_000)  # RMB a year, by `Product`
SPREAD = 0.8  # sigma of the log-normal
PAID_YEARS = 10
YEARS = (0, 1, 5, 10, 15)  # since issue, for the corners below
LOWEST = (0.0, 0.10, 0.60, 1.00, 1.15)  # cash value over premiums paid
HIGHEST = (0.10, 0.40, 0.90, 1.15, 1.45)
STEP = 1_000  # fen; premiums are whole tens of RMB


def premiums(rng: np.random.Generator, product: Ints) -> Ints:
    """Draw yearly premiums; int (N,), fen."""
    medians = np.asarray(MEDIANS, dtype=float)[product] * 100
    drawn = medians * rng.lognormal(0, SPREAD, len(product))
    return (np.maximum(np.rint(drawn / STEP), 10) * STEP).astype(np.int64)


def cash_values(rng: np.random.Generator, product: Ints, premium: Ints, years: Floats) -> Ints:
    """Draw cash values.

    Args:
        rng: where from.
        product: int (N,). premium: int (N,), fen a year.
        years: float (N,), since issue; not negative.

    Returns:
        int (N,), fen; 0 for term insurance.
    """
    low, high = np.interp(years, YEARS, LOWEST), np.interp(years, YEARS, HIGHEST)
    share = low + (high - low) * rng.random(len(years))
    paid = premium * np.minimum(np.floor(years) + 1, PAID_YEARS)
    return np.where(product == Product.TERM, 0, np.rint(share * paid)).astype(np.int64)
