"""A simulated insurer: its units, its staff, its policyholders and its book, from one seed.

Prior: regions' sizes are log-normal (sigma 0.6), branches' within a region too (0.4).
"""

import numpy as np

from hubao.kit.errors import BadInput
from hubao.world.book import make_book
from hubao.world.model import (
    Channel,
    Family,
    Floats,
    Product,
    Role,
    Scale,
    Units,
    World,
    generator,
)
from hubao.world.staff import apportion, make_staff, plan_staff

FEWEST_POLICIES, FEWEST_ACTORS, POLICIES_AN_ACTOR = 200, 60, 40
FEWEST_AGENTS = 4  # seats a branch, on average
REGION_SPREAD, BRANCH_SPREAD = 0.6, 0.4
REGIONS = ("north", "river", "hills", "coast", "plain", "lakes", "south", "forest", "east", "west")
BRANCHES = ("harbour", "bridge", "orchard", "mill", "garden", "tower", "spring", "market")


def make_world(scale: Scale, family: Family | None = None) -> World:
    """Draw an insurer before anybody opens a record.

    Args:
        scale: how large it is, how long it is watched, and the seed of everything.
        family: what kind of insurer it is; None for the default `Family`.

    Returns:
        World; the same for the same arguments. Where agents' seats are few, the
        smallest branches stay empty, so that others have teams to speak of.

    Raises:
        BadInput: it is too small, starts on 29 February, shares don't sum to 1, or agents sell
            but there are none.
    """
    family = family or Family()
    _check(scale, family)
    actors = scale.actors or max(scale.policies // POLICIES_AN_ACTOR, FEWEST_ACTORS)
    days = _days(scale)
    plan = plan_staff(family, actors, days)
    sizes = _staffed(_sizes(family, scale.seed), int(plan.seats[Role.AGENT]))
    agents = apportion(int(plan.seats[Role.AGENT]), sizes)
    leaders = plan.seats[Role.TEAM_LEADER] / max(int(plan.seats[Role.AGENT]), 1)
    units = _units(family, agents * (1 + leaders))
    staff = make_staff(family, plan, units, sizes, days, scale.seed)
    customers, book = make_book(scale, family, staff, sizes, days)
    return World(scale, family, units, staff, customers, book)


def _days(scale: Scale) -> int:
    return (scale.start.replace(year=scale.start.year + scale.years) - scale.start).days


def _check(scale: Scale, family: Family) -> None:
    """Refuse what no insurer can be drawn from."""
    if scale.policies < FEWEST_POLICIES or scale.years < 1:
        raise BadInput(
            f"A world needs at least {FEWEST_POLICIES} policies and 1 year: "
            "raise --policies or --years."
        )
    if (scale.start.month, scale.start.day) == (2, 29):
        raise BadInput("A world can't start on 29 February: whole years must end on a day.")
    if scale.actors is not None and scale.actors < FEWEST_ACTORS:
        raise BadInput(f"A world needs at least {FEWEST_ACTORS} actors: raise --actors.")
    if min(family.regions, family.branches, family.team_size) < 1:
        raise BadInput(f"Family {family.name}: regions, branches and team_size must be 1 or more.")
    for name, kinds in (("roles", Role), ("channels", Channel), ("products", Product)):
        shares = getattr(family, name)
        if len(shares) != len(kinds) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
            raise BadInput(
                f"Family {family.name}: {name} must be {len(kinds)} shares that sum to 1."
            )
    if family.channels[Channel.AGENT] > 0 and not family.roles[Role.AGENT] > 0:
        raise BadInput(f"Family {family.name}: agents sell, so roles needs a share of agents.")


def _sizes(family: Family, seed: int) -> Floats:
    """Give the branches' shares of everything, region by region; float (b,)."""
    rng = generator(seed, "units")
    regions = rng.lognormal(0, REGION_SPREAD, family.regions)
    branches = rng.lognormal(0, BRANCH_SPREAD, (family.regions, family.branches))
    sizes = (regions[:, None] * branches / branches.sum(axis=1, keepdims=True)).ravel()
    return np.asarray(sizes / sizes.sum(), dtype=float)


def _staffed(sizes: Floats, agents: int) -> Floats:
    """Empty the smallest branches until the others have `FEWEST_AGENTS` seats on average."""
    count = max(agents // FEWEST_AGENTS, 1) if agents else len(sizes)
    kept = np.argsort(-sizes, kind="stable")[:count]
    return np.where(np.isin(np.arange(len(sizes)), kept), sizes, 0.0)


def _units(family: Family, sellers: Floats) -> Units:
    """Cut each branch's sellers into teams; the largest branch gets two at least."""
    teams = np.maximum(np.rint(sellers / family.team_size).astype(np.int64), 1)
    largest = int(np.argmax(sellers))
    if sellers[largest] >= FEWEST_AGENTS:
        teams[largest] = max(int(teams[largest]), 2)
    region = np.repeat(np.arange(family.regions), family.branches)
    regions = [_name(REGIONS, r) for r in range(family.regions)]
    branches = [
        f"{regions[r]} {_name(BRANCHES, b)}"
        for r in range(family.regions)
        for b in range(family.branches)
    ]
    names = [f"{branches[b]} {t + 1}" for b in range(len(branches)) for t in range(int(teams[b]))]
    return Units(region, np.repeat(np.arange(len(branches)), teams), regions, branches, names)


def _name(words: tuple[str, ...], number: int) -> str:
    """Give a made-up name; from the second round on with a number."""
    around, at = divmod(number, len(words))
    return f"{words[at]} {around + 1}" if around else words[at]
