"""Who is insured: policyholders, the households they share and the branch they live at.

Priors: 1.61 policyholders a household (1 to 4); a second one is mostly a partner of about the
same age, further ones a parent or grown child; ages from two bells, about 18 % from 60 on.
"""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from hubao.world.model import Customers, Floats, Ints, generator

Dates = NDArray[np.datetime64]

MEMBERS = (0.55, 0.32, 0.10, 0.03)  # share of households with 1, 2, 3, 4 policyholders
YOUNGER, OLDER = (42.0, 10.0), (66.0, 8.0)  # age: mean and spread of the two bells
OLDER_SHARE = 0.16
ADULT, OLDEST = 18, 90
YEAR = 365.2425


def make_customers(count: int, weights: Floats, start: date, seed: int) -> Customers:
    """Draw so many policyholders.

    Args:
        count: at least 1.
        weights: float (b,), how many live at each branch, up to a factor.
        start: the world's first day; ages are between 18 and 90 then.
        seed: of the world.

    Returns:
        Customers, household by household.
    """
    rng = generator(seed, "customers")
    ends = np.cumsum(1 + rng.choice(len(MEMBERS), count, p=MEMBERS))
    household = np.searchsorted(ends, np.arange(count), side="right")
    nth = np.arange(count) - np.concatenate(([0], ends))[household]
    households = int(household[-1]) + 1
    branch = rng.choice(len(weights), households, p=weights / weights.sum())
    first_sex = rng.integers(0, 2, households)[household]
    strangers = rng.integers(0, 2, count)
    same = rng.random(count) < 0.05
    sex = np.where(nth == 0, first_sex, np.where(nth == 1, first_sex ^ ~same, strangers))
    days = np.floor(_ages(rng, household, nth) * YEAR).astype(np.int64)
    return Customers(sex, np.datetime64(start) - days, household, branch[household])


def ages_on(born: Dates, day: date) -> Ints:
    """Give ages in completed years; int (c,) from dates of birth (c,) and a day."""
    today = np.datetime64(day)
    months = (today.astype("M8[M]") - born.astype("M8[M]")).astype(np.int64)
    years: Ints = (months - (_day_of_month(born) > day.day)) // 12
    return years


def _day_of_month(days: Dates) -> Ints:
    numbers: Ints = (days - days.astype("M8[M]")).astype(np.int64) + 1
    return numbers


def _ages(rng: np.random.Generator, household: Ints, nth: Ints) -> Floats:
    """Draw ages in years, adult and alike within a household."""
    count = len(household)
    own = np.where(
        rng.random(count) < OLDER_SHARE, rng.normal(*OLDER, count), rng.normal(*YOUNGER, count)
    )
    first = _folded(own[: household[-1] + 1])[household]
    side = np.where(rng.random(count) < 0.5, -1.0, 1.0)
    partner = first + rng.normal(0, 3, count)
    kin = first + side * rng.normal(27, 4, count)
    return _folded(np.where(nth == 0, first, np.where(nth == 1, partner, kin)))


def _folded(age: Floats) -> Floats:
    """Mirror ages beyond the ends back inside."""
    age = np.where(age < ADULT, 2 * ADULT - age, age)
    age = np.where(age > OLDEST, 2 * OLDEST - age, age)
    return np.clip(age, ADULT + 0.01, OLDEST)
