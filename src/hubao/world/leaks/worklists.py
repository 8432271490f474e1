"""Colleagues who were given the same worklist: they saw much of what the source copied."""

import numpy as np

from hubao.world.leaks.accesses import LEAK_TICKET, accesses
from hubao.world.leaks.draft import Draft
from hubao.world.model import DAY, HOUR, Action, Bools, Cause, Events, Fields, Ints

FEWEST, MOST = 3, 7  # colleagues who share the worklist
WEEKS = 8  # before the copy, in which they work it off


def colleagues(draft: Draft, day: int) -> Ints:
    """int (m,): how many others of the same role and branch work through the weeks before."""
    place, there = _place(draft), _through(draft, day)
    return np.bincount(place[there], minlength=place.max() + 1)[place] - there


def worklists(
    draft: Draft, actor: int, policies: Ints, *, day: int, overlap: float
) -> list[Events]:
    """Give the accesses by which 3 to 7 colleagues come to have seen a share of the copied list.

    Team-mates come first, then others of the branch and role. What a colleague knows from
    other work counts towards the share, so the added accesses are only the rest.
    """
    found = []
    for number, mate in enumerate(_mates(draft, actor, day)):
        known, at = draft.seen.of(int(mate))
        new = np.setdiff1d(policies, known[at < day * DAY], assume_unique=True)
        missing = round(overlap * len(policies)) - (len(policies) - len(new))
        chosen = np.sort(draft.rng.permutation(new)[: max(missing, 0)])
        days = draft.weekdays(day - 7 * WEEKS, day, 7 * WEEKS)
        moment = draft.rng.integers(9 * HOUR, 18 * HOUR, size=len(chosen))
        found.append(
            accesses(
                int(mate),
                chosen,
                draft.rng.choice(days, size=len(chosen)) * DAY + moment,
                action=Action.VIEW,
                cause=Cause.CAMPAIGN,
                shown=Fields.C1_C2,
                ticket=LEAK_TICKET + number,
            )
        )
    return found


def _mates(draft: Draft, actor: int, day: int) -> Ints:
    staff, place = draft.world.staff, _place(draft)
    there = _through(draft, day) & (place == place[actor])
    there[actor] = False
    found = draft.rng.permutation(np.flatnonzero(there))
    team = staff.team_on(day)
    nearest_first = np.argsort(team[found] != team[actor], kind="stable")
    return found[nearest_first][: int(draft.rng.integers(FEWEST, MOST + 1))]


def _through(draft: Draft, day: int) -> Bools:
    """bool (m,): who works from the worklists' first day to the copy."""
    staff = draft.world.staff
    return staff.working(day - 7 * WEEKS) & staff.working(day)


def _place(draft: Draft) -> Ints:
    """int (m,): one number for each role in each branch (and at head office)."""
    staff = draft.world.staff
    return (staff.branch + 1) * 32 + staff.role
