"""The world as the tables that an insurer has: the lake's columns, spelled from the arrays."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hubao.lake.schema import ACCESS, ACTORS
from hubao.world.ids import actor_ids, policy_ids, spell
from hubao.world.model import (
    AGE_BANDS,
    DAY,
    FIELD_SETS,
    NEVER,
    NOBODY,
    PARTNERS,
    Action,
    Bools,
    Cause,
    Channel,
    Contacts,
    Events,
    Fields,
    Floats,
    Ints,
    Product,
    Role,
    World,
    generator,
)
from hubao.world.months import seconds_utc
from hubao.world.persons import CUSTOMER_DIGITS

EVENT_DIGITS = 10
# Numbers are scattered over their range, one to one, so that none tells where a leak's begin.
TICKETS = (61_803_419, 10**8)  # a prime, and the size of the range
BATCHES = (618_049, 10**6)
YEAR = 365
YUAN = 100  # fen
TENURES = ((2, 5, 10), ("0-1", "2-4", "5-9", "10+"))  # years on the world's first day
PREMIUMS = ((2_000, 5_000, 10_000, 30_000), ("<2k", "2-5k", "5-10k", "10-30k", "30k+"))  # yuan
CASH_VALUES = ((1, 10_000, 50_000, 200_000), ("none", "<10k", "10-50k", "50-200k", "200k+"))
_SOURCES = ("app", "desk", "api", "feed")
_UTC = pa.timestamp("us", "UTC")


class Spelling:
    """The names of a world's actors and policies, spelled once."""

    def __init__(self, world: World) -> None:
        actors, policies = len(world.staff.role), len(world.book.customer)
        self.actors = actor_ids(np.arange(actors), of=actors)
        self.policies = policy_ids(np.arange(policies), of=policies)


def access_table(world: World, spelling: Spelling, events: Events, number: Ints) -> "pa.Table":
    """Spell events as rows of `schema.ACCESS`.

    Args:
        world, spelling: the insurer.
        events: at most a few million; rows stay in their order.
        number: int (e,), each event's number in the whole log.
    """
    seed = world.scale.seed
    columns = {
        "event": spell("E", number, EVENT_DIGITS),
        "at": moments(world, events.at),
        "actor": spelling.actors.take(pa.array(events.actor)),
        "action": _words([action.name.lower() for action in Action], events.action),
        "policy": spelling.policies.take(pa.array(events.policy)),
        "fields": pa.array(list(FIELD_SETS), pa.list_(pa.string())).take(pa.array(events.fields)),
        "purpose": _words(_purposes(), events.cause),
        "ticket": _numbered("T", seed, events.ticket, *TICKETS),
        "source": _words(_SOURCES, _source(world, events)),
        "batch": _numbered("B", seed, events.batch, *BATCHES),
    }
    return pa.table([columns[field.name] for field in ACCESS], schema=ACCESS)


def _purposes() -> list[str | None]:
    return [None if cause == Cause.UNEXPLAINED else cause.name.lower() for cause in Cause]


def _source(world: World, events: Events) -> Ints:
    """int (e,): from where, index into _SOURCES."""
    by_app = np.isin(world.staff.role, (Role.AGENT, Role.TEAM_LEADER))[events.actor]
    kinds = [events.batch != NOBODY, events.action == Action.API, by_app]
    return np.select(kinds, [3, 2, 0], 1)


def _numbered(prefix: str, seed: int, numbers: Ints, factor: int, size: int) -> "pa.Array":
    offset = int(generator(seed, "tables", prefix).integers(size))
    scattered = (np.maximum(numbers, 0) * factor + offset) % size
    spelled = spell(prefix, scattered, len(str(size - 1)))
    return pc.if_else(pa.array(numbers != NOBODY), spelled, pa.scalar(None, pa.string()))


def policies_table(world: World, spelling: Spelling, part: slice) -> "pa.Table":
    """Tell of each policy what a tracer may compare within.

    The columns come in the order in which they matter to whom callers choose and who could have
    been opened at all: a tracer that merges cells of few records merges from the last column on.
    """
    book, units = world.book, world.units
    branch = book.branch[part]
    return pa.table(
        {
            "policy": spelling.policies[part],
            "issued": _issued(world, book.issued[part]),
            "region": _words(units.regions, units.branch_region[branch]),
            "tenure_band": _tenures(world, book.issued[part]),
            "product": _words([kind.name.lower() for kind in Product], book.product[part]),
            "age_band": _words(AGE_BANDS, book.age_band[part]),
            "branch": _words(units.branches, branch),
            "channel": _words([kind.name.lower() for kind in Channel], book.channel[part]),
            "premium_band": _banded(book.premium[part] / YUAN, *PREMIUMS),
            "cash_value_band": _banded(book.cash_value[part] / YUAN, *CASH_VALUES),
        }
    )


def _issued(world: World, issued: Ints) -> "pa.Array":
    """The day of issue."""
    return pa.array(np.datetime64(world.scale.start, "D") + issued)


def _tenures(world: World, issued: Ints) -> "pa.Table":
    """Years in force on the first day; for later business the year of issue, since nobody can
    have opened a policy before there was one."""
    edges, words = TENURES
    years = [str(world.scale.start.year + year) for year in range(world.scale.years + 1)]
    band = np.searchsorted(edges, np.floor_divide(-issued, YEAR), side="right")
    midnight = np.datetime64(world.scale.start)
    year = (midnight + issued).astype("datetime64[Y]").astype(np.int64) + 1970
    later = np.clip(year - world.scale.start.year, 0, world.scale.years)
    return _words([*words, *years], np.where(issued > 0, len(words) + later, band))


def _banded(values: Ints | Floats, edges: tuple[int, ...], words: tuple[str, ...]) -> "pa.Array":
    return _words(words, np.searchsorted(edges, values, side="right"))


def values_table(world: World, spelling: Spelling, part: slice) -> "pa.Table":
    """Tell of each policy whose it is, since when, by whom it was sold, and its money in fen."""
    book = world.book
    agent = book.agent[part]
    digits = max(CUSTOMER_DIGITS, len(str(len(world.customers.sex) - 1)))
    return pa.table(
        {
            "policy": spelling.policies[part],
            "customer": spell("C", book.customer[part], digits),
            "issued": _issued(world, book.issued[part]),
            "agent": spelling.actors.take(pa.array(agent, mask=agent == NOBODY)),
            "premium_fen": book.premium[part],
            "cash_value_fen": book.cash_value[part],
        }
    )


def actors_table(world: World, spelling: Spelling) -> "pa.Table":
    """Tell who works there; rows of `schema.ACTORS`, null for what has not come by the last day.

    `left` is the midnight that ends the last day of work, so that nothing done on it comes after.
    """
    staff, units = world.staff, world.units
    machine = np.select([staff.role == Role.SYSTEM, staff.role == Role.JOB], [2, 3], 0)
    kind = np.where(np.isin(staff.role, PARTNERS), 1, machine)
    places = [*units.teams, *units.branches, "head office"]
    at_branch = np.where(staff.branch >= 0, len(units.teams) + staff.branch, len(places) - 1)
    unit = np.where(staff.team >= 0, staff.team, at_branch)
    columns = {
        "actor": spelling.actors,
        "kind": _words(("person", "partner", "system", "job"), kind),
        "unit": _words(places, unit),
        "role": _words([role.name.lower() for role in Role], staff.role),
        "hired": moments(world, staff.hired * DAY),
        "notice": _come(world, staff.notice, staff.notice < world.days),
        "left": _come(world, staff.left, staff.left <= world.days),
    }
    return pa.table([columns[field.name] for field in ACTORS], schema=ACTORS)


def _come(world: World, day: Ints, known: Bools) -> "pa.Array":
    return moments(world, np.where(known, day, 0) * DAY, known)


def victims_table(world: World, spelling: Spelling, contacts: Contacts) -> "pa.Table":
    """Give the reported contacts, in order of the reports, as the policyholders tell of them."""
    reported = np.flatnonzero(contacts.reported < NEVER)
    order = reported[np.argsort(contacts.reported[reported], kind="stable")]
    quoted = contacts.quoted[order]
    words = [";".join(FIELD_SETS[kind]) for kind in Fields]
    return pa.table(
        {
            "policy": spelling.policies.take(pa.array(contacts.policy[order])),
            "contacted_at": moments(world, contacts.stated[order]),
            "reported_at": moments(world, contacts.reported[order]),
            "fields_quoted": pa.array(words).take(pa.array(quoted, mask=quoted == NOBODY)),
        }
    )


def moments(world: World, seconds: Ints, known: Bools | None = None) -> "pa.Array":
    """Give seconds of the world as moments in UTC; null where not `known`."""
    micros = (seconds + seconds_utc(world.scale.start)) * 1_000_000
    return pa.array(micros, mask=None if known is None else ~known).cast(_UTC)


def _words(words: Sequence[str | None], index: NDArray[np.integer]) -> "pa.Array":
    return pa.array(list(words), pa.string()).take(pa.array(index))
