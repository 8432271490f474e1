"""What is insured: every policy's holder, product, channel, age, agent and money.

Priors: 1.35 policies a policyholder (1 to 6, Zipf); 3 % kept by another branch than the holder's;
sold evenly over the 12 years before the world, and 8 % of the book a year in it; whoever was over
70 then buys no more; a household mostly keeps to one agent. Products lean with age and channels
with products as below; both are raked to the family's shares.
"""

import math
from collections.abc import Sequence

import numpy as np

from hubao.world.households import ADULT, YEAR, Dates, ages_on, make_customers
from hubao.world.model import (
    NOBODY,
    Book,
    Channel,
    Customers,
    Family,
    Floats,
    Ints,
    Role,
    Scale,
    Staff,
    generator,
)
from hubao.world.money import cash_values, premiums

MOST, ZIPF = 6, 2.65  # policies a holder: at most, and exponent; the mean is 1.35
ELSEWHERE = 0.03  # of the policies are kept by another branch
NEW_BUSINESS = 0.08  # of the first day's book, a year
PAST_YEARS = 12
LAST_SALE = 70  # age on the first day
SAME_AGENT = 0.7  # of the policies go with the household's agent
LEAN_AGES = (  # by age band: term, endowment, universal, unit-linked, annuity
    (1.8, 1.0, 0.7, 1.3, 0.6),
    (1.2, 1.0, 0.9, 1.2, 0.8),
    (0.6, 1.0, 1.2, 0.8, 1.2),
    (0.2, 0.9, 1.5, 0.4, 1.8),
)
LEAN_CHANNELS = (  # by product: agent, bank, broker, telephone
    (1.0, 0.3, 1.5, 2.5),
    (1.0, 1.2, 0.7, 0.8),
    (1.0, 1.3, 0.8, 0.5),
    (1.0, 1.2, 1.5, 0.4),
    (1.0, 1.3, 1.0, 0.6),
)


def make_book(
    scale: Scale, family: Family, staff: Staff, weights: Floats, days: int
) -> tuple[Customers, Book]:
    """Draw the policyholders and their policies.

    Args:
        scale: how many, from when on.
        family: the kind of insurer.
        staff: has an agent at work on the first day in each branch of positive weight, if
            agents sell at all.
        weights: float (b,), the branches' sizes; 0 where nobody can be insured.
        days: length of the world.

    Returns:
        Customers, household by household, and Book, in order of issue.
    """
    rng = generator(scale.seed, "book")
    customer = _holders(rng, scale.policies)
    customers = make_customers(int(customer[-1]) + 1, weights, scale.start, scale.seed)
    ages = ages_on(customers.born, scale.start)[customer]
    band = np.searchsorted((40, 50, 60), ages, side="right")
    product = _leaning(rng, band, LEAN_AGES, family.products)
    channel = _leaning(rng, product, LEAN_CHANNELS, family.channels)
    away = rng.random(len(customer)) < ELSEWHERE
    branch = customers.branch[customer]
    branch[away] = rng.choice(len(weights), int(away.sum()), p=weights / weights.sum())
    issued = _issue_days(rng, scale, customers.born[customer], ages, days)
    luck = _shared_luck(rng, customers.household[customer])
    sold = channel == Channel.AGENT
    agent = np.full(len(customer), NOBODY)
    agent[sold], issued[sold] = _agents(
        rng, staff, family.portfolio_sigma, branch[sold], issued[sold], luck[sold], days
    )
    order = np.argsort(issued, kind="stable")
    customer, branch, product, channel = (c[order] for c in (customer, branch, product, channel))
    band, issued, agent = band[order], issued[order], agent[order]
    premium = premiums(rng, product)
    cash = cash_values(rng, product, premium, (days - 1 - issued) / YEAR)
    busy = rng.gamma(family.frailty_shape, 1 / family.frailty_shape, len(customer))
    return customers, Book(
        customer, branch, product, channel, band, issued, agent, premium, cash, busy
    )


def _holders(rng: np.random.Generator, policies: int) -> Ints:
    """Give each policy's holder: Zipf numbers of policies, cut off at the last policy."""
    share = np.arange(1, MOST + 1) ** -ZIPF
    counts = 1 + rng.choice(MOST, policies, p=share / share.sum())
    ends = np.cumsum(counts)
    return np.searchsorted(ends, np.arange(policies), side="right")


def _leaning(
    rng: np.random.Generator, group: Ints, lean: Sequence[Sequence[float]], shares: Sequence[float]
) -> Ints:
    """Draw a kind for each row, leaning by the row's group, in the given shares overall."""
    target = np.asarray(shares, dtype=float)
    rows = np.bincount(group, minlength=len(lean)) / len(group)
    table = np.asarray(lean, dtype=float) * target
    for _ in range(50):  # proportional fitting: rows sum to 1, columns to their shares
        table /= table.sum(axis=1, keepdims=True)
        table *= target / np.maximum(rows @ table, 1e-300)
    edges = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    edges[edges > 1 - 1e-9] = 1.0  # so that rounding never draws a kind of share 0
    drawn, kind = rng.random(len(group)), np.zeros(len(group), np.int64)
    for k in range(edges.shape[1]):
        kind += drawn >= edges[group, k]
    return kind


def _issue_days(rng: np.random.Generator, scale: Scale, born: Dates, ages: Ints, days: int) -> Ints:
    """Draw days of issue: nobody buys under age, and the old buy nothing more in the world."""
    of_age = (born - np.datetime64(scale.start)).astype(np.int64) + math.ceil(ADULT * YEAR)
    earliest = np.minimum(np.maximum(of_age, -PAST_YEARS * 365), -1)
    past = earliest + np.floor(rng.random(len(ages)) * -earliest).astype(np.int64)
    young = ages <= LAST_SALE
    grown = NEW_BUSINESS * days / 365
    chance = min(grown / (1 + grown) / max(float(young.mean()), 1e-9), 1.0)
    new = young & (rng.random(len(ages)) < chance)
    return np.where(new, rng.integers(0, days, len(ages)), past)


def _shared_luck(rng: np.random.Generator, household: Ints) -> Floats:
    """Draw one number in [0, 1) a policy, for most the same as for others of the household."""
    shared = rng.random(int(household.max()) + 1)[household]
    return np.where(rng.random(len(household)) < SAME_AGENT, shared, rng.random(len(household)))


def _agents(
    rng: np.random.Generator,
    staff: Staff,
    sigma: float,
    branch: Ints,
    issued: Ints,
    luck: Floats,
    days: int,
) -> tuple[Ints, Ints]:
    """Draw the agent of each policy, and for new business the day within the agent's career.

    Agents come before days there: so each serves from a day on which it works, and sells in
    proportion to its time there.
    """
    agents = staff.of(Role.AGENT)
    agents = agents[np.argsort(staff.branch[agents], kind="stable")]
    appeal = rng.lognormal(0, sigma, len(agents))
    begin = np.maximum(staff.hired[agents], 0)
    served = np.maximum(np.minimum(staff.left[agents], days) - begin, 0)
    there = np.where(staff.working(0)[agents], appeal, 0)
    new = issued >= 0
    at = np.empty(len(branch), np.int64)
    at[~new] = _drawn(staff.branch[agents], there, branch[~new], luck[~new])
    at[new] = _drawn(staff.branch[agents], appeal * served, branch[new], luck[new])
    day = begin[at] + np.floor(rng.random(len(at)) * served[at]).astype(np.int64)
    return agents[at], np.where(new, day, issued)


def _drawn(of: Ints, weights: Floats, branch: Ints, luck: Floats) -> Ints:
    """Draw a row of each branch with the given weights; rows are sorted by branch (`of`)."""
    rows = np.flatnonzero(weights > 0)
    total = np.concatenate(([0.0], np.cumsum(weights[rows])))
    first = np.searchsorted(of[rows], branch)
    end = np.searchsorted(of[rows], branch, side="right")
    goal = total[first] + luck * (total[end] - total[first])
    found = np.clip(np.searchsorted(total, goal, side="right") - 1, first, end - 1)
    drawn: Ints = rows[found]
    return drawn
