"""The daily work that makes the access log: every record opened for a cause, month by month."""

from collections.abc import Iterator, Sequence

import numpy as np

from hubao.world.model import DAY, EMPTY, Events, Ints, World, generator
from hubao.world.work.bulk import audit, campaign, feed
from hubao.world.work.calendar import make_calendar
from hubao.world.work.causes import claim, handover, reminder, renewal, service
from hubao.world.work.looking import supervision, unexplained
from hubao.world.work.month import Month, make_desks
from hubao.world.work.people import workloads
from hubao.world.work.rows import joined, numbered, taken
from hubao.world.work.serving import serve
from hubao.world.work.ties import make_ties

_CAUSES = (service, reminder, claim, renewal, campaign, audit, handover, feed)
_FOLLOWING = (supervision, unexplained)  # these depend on what the others did


def work(world: World) -> Iterator[Events]:
    """Draw what everyone did, month by month.

    Yields:
        One `Events` a month, sorted by `at`, none empty but by chance. Cases that run on are
        kept for their months, so memory holds a month or two and a few numbers per policy.
    """
    pending, tickets, batches = EMPTY, 0, 0
    for month in _months(world):
        fresh: list[Events] = []
        for cause in _CAUSES:
            part = month.lawful(cause(month))
            part, tickets, batches = numbered(part, tickets, batches)
            fresh.append(part)
        done = joined(fresh)
        for following in _FOLLOWING:
            part, tickets, batches = numbered(
                month.lawful(following(month, done)), tickets, batches
            )
            fresh.append(part)
        events, pending = _split([pending, *fresh], month.last * DAY)
        yield events


def _months(world: World) -> Iterator[Month]:
    calendar = make_calendar(world.scale.start, world.days)
    ties, load, owner = make_ties(world), workloads(world), world.book.agent
    for number in range(calendar.months):
        first, last = int(calendar.firsts[number]), int(calendar.firsts[number + 1])
        rng = generator(world.scale.seed, "work", "serving", number)
        served = serve(world, rng, owner, load, first, last)
        owner = served.after
        desks = make_desks(world, load, first, last)
        yield Month(number, first, last, world, calendar, ties, served, desks, load)


def _split(parts: Sequence[Events], end: int) -> tuple[Events, Events]:
    """What happened before `end`, in order, and what is still to come."""
    events = joined(parts)
    now = np.flatnonzero(events.at < end)
    order: Ints = now[np.argsort(events.at[now], kind="stable")]
    return taken(events, order), taken(events, np.flatnonzero(events.at >= end))
