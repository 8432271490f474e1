"""Who changes team: single sales people, and whole teams when a branch is reorganised.

Priors: 3 % of the sales people a year change team within their branch; from the second year on
one branch merges two teams on one day.
"""

from dataclasses import replace

import numpy as np

from hubao.world.model import NOBODY, Floats, Staff, Units

TRANSFERS = 0.03  # of the sales people, a year
FIRST_MERGER = 365  # day


def merge_teams(
    staff: Staff, units: Units, sizes: Floats, days: int, rng: np.random.Generator
) -> tuple[Staff, int]:
    """Merge the last two teams of the largest branch that has two, on one day; give the branch."""
    teams = np.bincount(units.team_branch, minlength=len(sizes))
    if days <= 2 * FIRST_MERGER - 1 or teams.max() < 2:
        return staff, NOBODY
    branch = int(np.argmax(np.where(teams > 1, sizes, -1.0)))
    kept, closed = np.flatnonzero(units.team_branch == branch)[-2:]
    day = int(rng.integers(FIRST_MERGER, days - 60))
    inside = staff.team == closed
    moving = inside & (staff.hired < day) & (staff.left > day)
    return replace(
        staff,
        team=np.where(inside & (staff.hired >= day), kept, staff.team),
        moved=np.where(moving, day, staff.moved),
        moved_to=np.where(moving, kept, staff.moved_to),
    ), branch


def transfer(staff: Staff, units: Units, merged: int, days: int, rng: np.random.Generator) -> Staff:
    """Move a few sales people to another team of their branch; not where teams were merged."""
    teams = np.bincount(units.team_branch, minlength=len(units.branch_region))
    begin, end = np.maximum(staff.hired, 0) + 1, np.minimum(staff.left, days)
    served = np.maximum(end - begin, 0)
    movable = (staff.team != NOBODY) & (teams[staff.branch] > 1) & (staff.branch != merged)
    moves = movable & (rng.random(len(served)) < -np.expm1(-TRANSFERS * served / 365))
    day = begin + np.floor(rng.random(len(served)) * served).astype(np.int64)
    count = np.maximum(teams[staff.branch], 2)
    first = np.searchsorted(units.team_branch, staff.branch)
    to = first + (staff.team - first + rng.integers(1, count)) % count
    return replace(
        staff,
        moved=np.where(moves, day, staff.moved),
        moved_to=np.where(moves, to, staff.moved_to),
    )
