"""`build`: a whole world with one leak, written to disk month by month."""

import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hubao.kit.errors import BadInput
from hubao.lake.schema import ACCESS
from hubao.world.files import ROWS, Format, Write, csv_file, parquet_file, write_tables
from hubao.world.folder import whole_folder
from hubao.world.insurer import FEWEST_ACTORS, make_world
from hubao.world.leaks import Seen, plan_leak
from hubao.world.model import NEVER, Campaign, Contacts, Events, Ints, Leak, Scale, World
from hubao.world.months import by_month, months_of
from hubao.world.persons import persons
from hubao.world.scam import draw_contacts
from hubao.world.scenarios import Scenario
from hubao.world.sights import keep_first_seen
from hubao.world.tables import (
    Spelling,
    access_table,
    actors_table,
    policies_table,
    values_table,
    victims_table,
)
from hubao.world.truth import truth
from hubao.world.work import work
from hubao.world.work.rows import taken

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int, int, str], None]
BLIND = (Scenario.NONE, Scenario.OUTSIDE)  # these leaks don't depend on who saw what
MOST_POLICY_YEARS = 30_000_000  # of more, ordinary tickets would run into the leak's numbers
PAIRS = 9  # first sights of a policy and year, at most about
GROUP = 4_000_000  # first sights that are sorted at a time
PERSONS = 200_000  # customers that are spelled at a time
_NOTHING = Seen(*(np.zeros(0, dtype=np.int64),) * 3)
DISTINCT = ("event", "at", "ticket")
SMALL = ("victims", "policies", "policy_values", "actors", "customers")
TRUTH, LAKE, LOG = "truth.json", "access", "access.csv.gz"
NAMES = (TRUTH, LAKE, LOG, *(f"{name}.{kind}" for name in SMALL for kind in Format))


@dataclass(frozen=True)
class Built:
    """A world as it lies on disk.

    Attributes:
        folder: where.
        access: the log: a folder of Parquet, or a CSV file where no Parquet was wanted.
        victims, policies, actors: the tables that go with it, in the same format.
        truth: what is true of the leak, JSON.
        events, people, records: accesses, actors and policies.
        contacts: reported ones, rows of `victims`.
        size: bytes of all files.
    """

    folder: Path
    access: Path
    victims: Path
    policies: Path
    actors: Path
    truth: Path
    events: int
    people: int
    records: int
    contacts: int
    size: int


def build(
    scenario: Scenario,
    *,
    scale: Scale,
    campaign: Campaign,
    out: Path,
    formats: Collection[Format] = tuple(Format),
    force: bool = False,
    progress: Progress | None = None,
) -> Built:
    """Make a world and write its tables and the truth to a folder; same arguments, same bytes.

    The log is drawn twice where the leak depends on who saw what: once to see it, once to write
    it. Memory holds the insurer and a month or two of accesses, never the log.

    Args:
        scenario: how the records get out.
        scale: how large the world is, and the seed of everything.
        campaign: how the callers work.
        out: the folder, made with its parents; a run that ends early leaves nothing in it.
        formats: what the tables are written as; one at least.
        force: replace a world that is there.
        progress: hears months done, months in all, and what is being done.

    Raises:
        BadInput: there can be no such world, nobody in it can be such a source, it is too small
            for so many reports, or the folder can't be used.
        OSError: the folder can't be written.

    Limits: 30 million policies times years. 10^7 accesses take about a minute.
    """
    _check(scale)
    told = progress or (lambda _done, _total, _what: None)
    with whole_folder(out, names=NAMES, force=force) as folder:
        world = make_world(scale)
        leak, contacts = _happenings(world, scenario, campaign, folder, told)
        spelling = Spelling(world)
        events = _write_log(world, leak, spelling, folder, formats, told)
        _write_small(world, contacts, spelling, folder, formats)
        told_true = truth(world, leak, contacts, price=campaign.price)
        true = {**told_true, "made_with": _settings(scale, campaign)}
        (folder / TRUTH).write_text(
            json.dumps(true, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    kind = Format.PARQUET if Format.PARQUET in formats else Format.CSV
    return Built(
        folder=out,
        access=out / (LAKE if kind is Format.PARQUET else LOG),
        victims=out / f"victims.{kind}",
        policies=out / f"policies.{kind}",
        actors=out / f"actors.{kind}",
        truth=out / TRUTH,
        events=events,
        people=len(world.staff.role),
        records=len(world.book.customer),
        contacts=int((contacts.reported < NEVER).sum()),
        size=size,
    )


def _check(scale: Scale) -> None:
    if scale.policies * scale.years > MOST_POLICY_YEARS:
        raise BadInput(
            f"A world holds {MOST_POLICY_YEARS:,} policies times years at most: "
            "lower --policies or --years."
        )
    if (scale.actors or 0) > max(scale.policies, FEWEST_ACTORS):
        raise BadInput("A world has no more actors than policies: lower --actors.")


def _happenings(
    world: World, scenario: Scenario, campaign: Campaign, folder: Path, told: Progress
) -> tuple[Leak, Contacts]:
    """Draw what got out and who was called."""
    seed = world.scale.seed
    if scenario in BLIND and campaign.hidden == 1.0:
        leak = plan_leak(world, scenario, _NOTHING, seed=seed)
        return leak, draw_contacts(world, leak, campaign, seed=seed)
    with tempfile.TemporaryDirectory(dir=folder) as sights:
        seen = _seen(world, Path(sights), told)
        leak = plan_leak(world, scenario, seen, seed=seed)
        return leak, draw_contacts(world, leak, campaign, seed=seed, seen=seen)


def _seen(world: World, folder: Path, told: Progress) -> Seen:
    pairs = PAIRS * world.scale.policies * world.scale.years
    months = _counted(work(world), 12 * world.scale.years, "Working out who saw what", told)
    actors = len(world.staff.role)
    return keep_first_seen(months, folder, actors=actors, groups=pairs // GROUP + 1)


def _counted(months: Iterable[Events], total: int, what: str, told: Progress) -> Iterator[Events]:
    for number, month in enumerate(months):
        told(min(number, total), total, what)
        yield month
    told(total, total, what)


def _write_log(
    world: World,
    leak: Leak,
    spelling: Spelling,
    folder: Path,
    formats: Collection[Format],
    told: Progress,
) -> int:
    """Write every access, and count them."""
    months, first = months_of(world), 0
    parts = by_month(work(world), leak.events, months.bounds)
    told_of = _counted(parts, len(months.names), "Writing", told)
    with ExitStack() as files:
        in_time = (
            files.enter_context(csv_file(folder / LOG, ACCESS)) if Format.CSV in formats else None
        )
        for name, events in zip(months.names, told_of, strict=True):
            if in_time is not None:
                _write_month(world, spelling, events, first, in_time)
            if Format.PARQUET in formats and len(events):
                path = folder / LAKE / f"month={name}" / "part-0.parquet"
                order = np.argsort(events.policy, kind="stable")
                with parquet_file(path, ACCESS, distinct=DISTINCT) as by_policy:
                    _write_month(world, spelling, events, first, by_policy, order)
            first += len(events)
    return first


def _write_month(
    world: World,
    spelling: Spelling,
    events: Events,
    first: int,
    write: Write,
    order: Ints | None = None,
) -> None:
    """Write a month's accesses, the first of which is number `first` of the log, in some order."""
    order = np.arange(len(events)) if order is None else order
    for rows in np.split(order, range(ROWS, len(order), ROWS)):
        write(access_table(world, spelling, taken(events, rows), first + rows))


def _write_small(
    world: World,
    contacts: Contacts,
    spelling: Spelling,
    folder: Path,
    formats: Collection[Format],
) -> None:
    """Write the tables that go with the log."""
    policies = _slices(len(world.book.customer), ROWS)
    customers = _slices(len(world.customers.sex), PERSONS)
    tables: Mapping[str, Iterable[pa.Table]] = {
        "victims": [victims_table(world, spelling, contacts)],
        "policies": (policies_table(world, spelling, part) for part in policies),
        "policy_values": (values_table(world, spelling, part) for part in policies),
        "actors": [actors_table(world, spelling)],
        "customers": (
            persons(world.customers, world.units, world.scale.seed, part.start, part.stop)
            for part in customers
        ),
    }
    for name in SMALL:
        write_tables(tables[name], folder, name, formats)


def _slices(total: int, step: int) -> list[slice]:
    return [slice(low, min(low + step, total)) for low in range(0, total, step)]


def _settings(scale: Scale, campaign: Campaign) -> dict[str, object]:
    """What the world was made with, so that it can be made again."""
    return {**asdict(scale), "start": scale.start.isoformat(), "campaign": asdict(campaign)}
