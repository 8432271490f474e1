"""What makes some policies likelier to be called: a region's wave, and a trait no table holds."""

import numpy as np

from hubao.kit.errors import BadInput
from hubao.world.leaks import Seen
from hubao.world.model import DAY, NOBODY, Bools, Campaign, Floats, Leak, Role, World, generator

SERVERS = (Role.AGENT, Role.BACK_OFFICE, Role.CALL_CENTRE, Role.CLAIMS)
AHEAD = 0.5  # chance that what the favoured innocent has seen is put ahead of its stratum
FAVOURED = 20  # records that the favoured innocent has seen, at least


def wave_region(world: World, campaign: Campaign, *, seed: int) -> int:
    """Draw the region that cold calls are concentrated on; NOBODY where they are not."""
    if campaign.wave == 1.0:
        return NOBODY
    return int(generator(seed, "wave").integers(world.units.branch_region.max() + 1))


def hidden_pull(
    world: World, leak: Leak, campaign: Campaign, *, seed: int, before: int, seen: Seen | None
) -> tuple[int, Floats]:
    """Draw the favoured innocent and who holds the trait; see `scam.py`.

    Returns:
        The innocent (NOBODY where nothing is hidden), and float (N,): how much likelier each
        policy is cold-called.
    """
    even = np.ones(len(world.book.customer))
    if campaign.hidden == 1.0:
        return NOBODY, even
    rng = generator(seed, "hidden")
    favoured, known = _favoured(rng, world, leak, before=before, seen=seen)
    trait = known if campaign.aligned else _half(rng, world, known)
    return favoured, np.where(trait, campaign.hidden, even)


def _favoured(
    rng: np.random.Generator, world: World, leak: Leak, *, before: int, seen: Seen | None
) -> tuple[int, Bools]:
    """Draw an innocent employee; give which policies it has seen."""
    staff, book = world.staff, world.book
    if seen is None:
        counts = np.bincount(book.agent[book.agent >= 0], minlength=len(staff.role))
    else:
        counts = seen.counts(len(staff.role))
    innocent = np.isin(staff.role, SERVERS) & (counts > 0)
    innocent[[copy.actor for copy in leak.copies if copy.actor != NOBODY]] = False
    busy = innocent & (counts >= FAVOURED)
    if not innocent.any():
        raise BadInput(
            "Nobody innocent in this world has seen a record, so nothing hidden can favour one; "
            "make it with more policies, or leave hidden targeting out."
        )
    favoured = int(rng.choice(np.flatnonzero(busy if busy.any() else innocent)))
    if seen is None:
        return favoured, book.agent == favoured
    known = np.zeros(len(book.customer), dtype=bool)
    policies, at = seen.of(favoured)
    known[policies[at < before * DAY]] = True
    return favoured, known


def _half(rng: np.random.Generator, world: World, known: Bools) -> Bools:
    """Give the trait to half of each stratum, to those in `known` before others."""
    book = world.book
    stratum = (book.branch * 8 + book.product) * 8 + book.age_band
    ahead = known & (rng.random(len(known)) < AHEAD)
    order = np.argsort(stratum + rng.random(len(known)) / 2 + np.where(ahead, 0.0, 0.5))
    sizes = np.bincount(stratum)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    trait = np.empty(len(known), dtype=bool)
    trait[order] = 2 * (np.arange(len(known)) - first) < sizes[stratum[order]]
    return trait
