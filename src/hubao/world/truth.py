"""What is true of a leak and its contacts, ready for JSON."""

from datetime import datetime, timedelta, timezone

import numpy as np

from hubao.world.ids import actor_ids
from hubao.world.model import NEVER, NOBODY, Contacts, Copy, Leak, World

OUTSIDE = "outside the log"
_LOCAL = timezone(timedelta(hours=8))


def truth(world: World, leak: Leak, contacts: Contacts, *, price: int) -> dict[str, object]:
    """Tell who the sources are, what they copied and when, and what came of it.

    Args:
        world: the insurer; actors are spelled as in its tables.
        leak: what got out.
        contacts: the campaign drawn from it.
        price: fen the callers paid for a record.

    Returns:
        Strings, ints, floats, lists and dicts only. Moments are local, with +08:00; money is
        in fen; `contacts` and `reports` count each source's, in the order of `sources`.
    """
    reported = contacts.reported < NEVER
    return {
        "scenario": leak.scenario,
        "sources": [_source(world, copy, price) for copy in leak.copies],
        "contacts": _counts(leak, contacts, np.ones_like(reported)),
        "reports": _counts(leak, contacts, reported),
        "wave_region": None if contacts.wave == NOBODY else world.units.regions[contacts.wave],
        "hidden": {
            "strength": contacts.hidden,
            "favours": None if contacts.favoured == NOBODY else _actor(world, contacts.favoured),
        },
        "loss_victims": int((contacts.lost > 0).sum()),
        "lost_fen": int(contacts.lost.sum()),
    }


def _source(world: World, copy: Copy, price: int) -> dict[str, object]:
    return {
        "actor": OUTSIDE if copy.actor == NOBODY else _actor(world, copy.actor),
        "records": len(copy.policies),
        "paid_fen": price * len(copy.policies),
        "copied_from": _moment(world, copy.first),
        "copied_to": _moment(world, copy.last),
        "share": copy.share,
    }


def _counts(leak: Leak, contacts: Contacts, which: np.ndarray) -> dict[str, object]:
    origin, mistaken = contacts.origin[which], contacts.mistaken[which]
    by_source = np.bincount(origin[origin >= 0], minlength=len(leak.copies))
    return {
        "by_source": by_source.tolist(),
        "cold_calls": int(((origin == NOBODY) & ~mistaken).sum()),
        "mistaken": int(mistaken.sum()),
    }


def _actor(world: World, actor: int) -> str:
    spelled = actor_ids(np.array([actor]), of=len(world.staff.role))
    return str(spelled[0].as_py())


def _moment(world: World, seconds: int) -> str:
    midnight = datetime.combine(world.scale.start, datetime.min.time(), tzinfo=_LOCAL)
    return (midnight + timedelta(seconds=seconds)).isoformat()
