"""A small insurer with one leak: a year of access, one leaver who copies records, the calls after.

Not the whole simulated insurer, only the corner that a first trace needs. Everything is drawn from
the seed; the same seed gives the same bytes.
"""

import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

Ints = NDArray[np.int64]
Strings = NDArray[np.str_]

POLICIES = 12_000
BRANCHES = ("north", "south", "east", "west", "river", "lake", "coast", "hills")
PRODUCTS = ("whole_life", "endowment", "annuity", "universal_life", "critical_illness")
AGE_BANDS = ("18-39", "40-49", "50-59", "60+")
KINDS = {"agent": 108, "supervisor": 8, "call_centre": 24, "partner": 8, "system": 2}
DAYS = 365
DAY, HOUR = 86_400, 3_600
START = np.datetime64("2025-01-01T00:00:00")  # local time, UTC+8
NOTICE, LEFT = 232, 262  # days of the year; the copy is made between them
COPIED = 420
CONTACTS = 45


@dataclass(frozen=True)
class SmallLeak:
    """Where the tables of a small leak were written.

    Attributes:
        access: access log, CSV, gzip, UTF-8; times carry +08:00.
        victims: reported contacts, CSV.
        policies: policy, branch, product, age_band, CSV.
        actors: actor, kind, unit, role, hired, notice, left, CSV.
        truth: JSON; which actor the records came from, and when they were copied.
    """

    access: Path
    victims: Path
    policies: Path
    actors: Path
    truth: Path


@dataclass(frozen=True)
class _Book:
    """Who is who: every policy's branch and agent, every actor's kind and branch."""

    branch: Ints
    agent: Ints
    product: Ints
    age_band: Ints
    kind: Strings
    unit: Ints  # branch of each actor; -1 = head office

    def of(self, kind: str) -> Ints:
        return np.flatnonzero(self.kind == kind)


@dataclass(frozen=True)
class _Events:
    """Some access events, column by column; `batch` -1 = in no batch."""

    at: Ints  # seconds since START
    actor: Ints
    policy: Ints
    action: Strings
    purpose: Strings
    batch: Ints


def write_small_leak(folder: Path, *, seed: int) -> SmallLeak:
    """Write a small insurer's tables, with one leak in them, into `folder`.

    About 12,000 policies, 150 actors and 150,000 events; 45 reported contacts, half of them from
    the leak and half cold calls, most of which go to one branch.

    Args:
        folder: made if it is missing; files of the same names are replaced.
        seed: the same seed gives the same bytes.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    paths = SmallLeak(
        access=folder / "access.csv.gz",
        victims=folder / "victims.csv",
        policies=folder / "policies.csv",
        actors=folder / "actors.csv",
        truth=folder / "truth.json",
    )
    book = _book(rng)
    source = _leaver(book)
    copy = _copy(rng, book, source)
    events = _in_order([*_work(rng, book, source), copy])
    paths.access.write_bytes(_gzipped(_csv(_access_table(rng, events))))
    paths.victims.write_bytes(_csv(_victims_table(rng, book, copy)))
    paths.policies.write_bytes(_csv(_policies_table(book)))
    paths.actors.write_bytes(_csv(_actors_table(rng, book, source)))
    paths.truth.write_text(json.dumps(_truth(copy, source), indent=2) + "\n", encoding="utf-8")
    return paths


def _book(rng: np.random.Generator) -> _Book:
    kind = np.repeat(list(KINDS), list(KINDS.values()))
    unit = np.full(len(kind), -1)
    agents, supervisors = np.flatnonzero(kind == "agent"), np.flatnonzero(kind == "supervisor")
    unit[agents] = np.arange(len(agents)) % len(BRANCHES)
    unit[supervisors] = np.arange(len(BRANCHES))
    portfolio = np.minimum(rng.pareto(1.3, size=len(agents)), 8) + 0.4  # heavy tail, cut
    agent = rng.choice(agents, size=POLICIES, p=portfolio / portfolio.sum())
    return _Book(
        branch=unit[agent],
        agent=agent,
        product=rng.choice(len(PRODUCTS), size=POLICIES, p=[0.3, 0.2, 0.2, 0.1, 0.2]),
        age_band=rng.choice(len(AGE_BANDS), size=POLICIES, p=[0.25, 0.25, 0.3, 0.2]),
        kind=kind,
        unit=unit,
    )


def _leaver(book: _Book) -> int:
    """The agent whose own portfolio is nearest to 150: neither a star nor a beginner."""
    agents = book.of("agent")
    held = np.bincount(book.agent, minlength=len(book.kind))[agents]
    return int(agents[np.abs(held - 150).argmin()])


def _work(rng: np.random.Generator, book: _Book, source: int) -> list[_Events]:
    """A year of ordinary work: agents, branch supervisors, call-centre, partners, systems."""
    everyone = np.arange(POLICIES)
    served = np.repeat(everyone, rng.poisson(5.0, size=POLICIES))
    edited = served[rng.random(len(served)) < 0.15]
    checked = np.repeat(everyone, rng.poisson(0.8, size=POLICIES))
    supervisors = book.of("supervisor")
    called = np.repeat(everyone, rng.poisson(2.2, size=POLICIES))
    by = rng.choice(book.of("call_centre"), size=len(called))
    return [
        _until_left(_office(rng, book.agent[served], served, "view", "service"), source),
        _until_left(_office(rng, book.agent[edited], edited, "edit", "service"), source),
        _office(rng, supervisors[book.branch[checked]], checked, "view", "review"),
        _office(rng, by, called, "search", "call"),
        *_batches(rng, book),
    ]


def _until_left(events: _Events, source: int) -> _Events:
    """Leave out what the leaver would have done after leaving; nobody takes over here."""
    stays = (events.actor != source) | (events.at < LEFT * DAY)
    return _Events(**{name: column[stays] for name, column in vars(events).items()})


def _batches(rng: np.random.Generator, book: _Book) -> list[_Events]:
    """Partner exports four times a year, and two systems that see nearly every record."""
    found, batch = [], 0
    for number, partner in enumerate(book.of("partner")):
        mine = np.flatnonzero(book.product == number % len(PRODUCTS))
        chosen = rng.random((4, len(mine))) < 0.25
        for quarter in range(4):
            day = 90 * quarter + int(rng.integers(5, 60))
            rows = mine[chosen[quarter]]
            found.append(_batch(rng, partner, rows, day * DAY + 10 * HOUR, batch))
            batch += 1
    for number, system in enumerate(book.of("system")):
        rows = np.flatnonzero(rng.random(POLICIES) < 0.97)
        found.append(_batch(rng, system, rows, (20 + 60 * number) * DAY + 2 * HOUR, batch))
        batch += 1
    return found


def _copy(rng: np.random.Generator, book: _Book, source: int) -> _Events:
    """The leak: on five evenings of the notice period, own records and many of the branch."""
    own = np.flatnonzero(book.agent == source)
    colleagues = (book.branch == book.unit[source]) & (book.agent != source)
    others = rng.permutation(np.flatnonzero(colleagues))[: max(COPIED - len(own), 0)]
    rows = rng.permutation(np.concatenate([own, others]))[:COPIED]
    evening = np.sort(rng.choice(np.arange(NOTICE + 3, LEFT - 3), size=5, replace=False))
    at = np.sort(evening[rng.integers(5, size=len(rows))]) * DAY
    at += 19 * HOUR + rng.integers(2 * HOUR, size=len(rows))
    return _events(at, np.full(len(rows), source), rows, "print", "")


def _office(
    rng: np.random.Generator, actor: Ints, policy: Ints, action: str, purpose: str
) -> _Events:
    """Spread events over working days, mostly 9 to 12 and 13 to 18."""
    days = np.arange(DAYS)
    weekend = (days + 2) % 7 >= 5  # 1 January 2025 is a Wednesday
    weight = np.where(weekend, 0.08, 1.0)
    day = rng.choice(days, size=len(policy), p=weight / weight.sum())
    hours = np.array([0.2, 1, 1, 1, 0.3, 1, 1, 1, 1, 0.7, 0.2])  # from 8 to 18
    hour = rng.choice(np.arange(8, 19), size=len(policy), p=hours / hours.sum())
    at = day * DAY + hour * HOUR + rng.integers(HOUR, size=len(policy))
    return _events(at, actor, policy, action, purpose)


def _batch(rng: np.random.Generator, actor: int, policy: Ints, at: int, batch: int) -> _Events:
    action = "export" if len(policy) < POLICIES / 2 else "api"
    rows = rng.permutation(policy)
    found = _events(
        at + np.arange(len(rows)) // 50, np.full(len(rows), actor), rows, action, "feed"
    )
    return _Events(**{**vars(found), "batch": np.full(len(rows), batch)})


def _events(at: Ints, actor: Ints, policy: Ints, action: str, purpose: str) -> _Events:
    n = len(policy)
    return _Events(at, actor, policy, np.full(n, action), np.full(n, purpose), np.full(n, -1))


def _in_order(parts: list[_Events]) -> _Events:
    joined = {name: np.concatenate([vars(p)[name] for p in parts]) for name in vars(parts[0])}
    order = np.argsort(joined["at"], kind="stable")
    return _Events(**{name: column[order] for name, column in joined.items()})


def _access_table(rng: np.random.Generator, events: _Events) -> "pa.Table":
    """Columns of the lake's access event, in its order."""
    ticketed = np.isin(events.action, ("edit", "search"))
    ticket = np.where(ticketed, _ids("T", rng.integers(10**6, size=len(ticketed)), 6), "")
    source = np.where(events.batch >= 0, "feed", np.where(events.action == "search", "desk", "app"))
    batch = np.where(events.batch >= 0, _ids("B", np.maximum(events.batch, 0), 3), "")
    fields = np.where(rng.random(len(ticketed)) < 0.3, "C2;C3", "C3")
    return pa.table(
        {
            "event": _ids("E", np.arange(len(ticketed)), 7),
            "at": _moment(events.at),
            "actor": _ids("A", events.actor, 3),
            "action": events.action,
            "policy": _ids("P", events.policy, 6),
            "fields": fields,
            "purpose": events.purpose,
            "ticket": ticket,
            "source": source,
            "batch": batch,
        }
    )


def _victims_table(rng: np.random.Generator, book: _Book, copy: _Events) -> "pa.Table":
    """Half from the leak, half cold calls; of these most go to one branch far from the source."""
    leaked = rng.choice(copy.policy, size=(CONTACTS + 1) // 2, replace=False)
    wave = (book.unit[copy.actor[0]] + 3) % len(BRANCHES)
    weight = np.where(book.branch == wave, 12.0, 1.0)
    weight[leaked] = 0
    cold = rng.choice(POLICIES, size=CONTACTS // 2, replace=False, p=weight / weight.sum())
    contacted = np.concatenate(
        [
            rng.integers((LEFT + 5) * DAY, (DAYS - 10) * DAY, size=len(leaked)),
            rng.integers(200 * DAY, (DAYS - 10) * DAY, size=len(cold)),
        ]
    )
    contacted = contacted // DAY * DAY + rng.integers(9 * HOUR, 20 * HOUR, size=CONTACTS)
    reported = contacted + rng.integers(HOUR, 8 * DAY, size=CONTACTS)
    order = np.argsort(reported, kind="stable")
    policy = np.concatenate([leaked, cold])[order]
    return pa.table(
        {
            "policy": _ids("P", policy, 6),
            "contacted_at": _moment(contacted[order]),
            "reported_at": _moment(reported[order]),
        }
    )


def _policies_table(book: _Book) -> "pa.Table":
    return pa.table(
        {
            "policy": _ids("P", np.arange(POLICIES), 6),
            "branch": np.array(BRANCHES)[book.branch],
            "product": np.array(PRODUCTS)[book.product],
            "age_band": np.array(AGE_BANDS)[book.age_band],
        }
    )


def _actors_table(rng: np.random.Generator, book: _Book, source: int) -> "pa.Table":
    actors = np.arange(len(book.kind))
    hired = START.astype("datetime64[D]") - rng.integers(100, 4_000, size=len(actors))
    is_source = actors == source
    return pa.table(
        {
            "actor": _ids("A", actors, 3),
            "kind": np.where(np.isin(book.kind, ("partner", "system")), book.kind, "employee"),
            "unit": np.where(book.unit < 0, "head_office", np.array(BRANCHES)[book.unit]),
            "role": book.kind,
            "hired": np.datetime_as_string(hired),
            "notice": np.where(is_source, _day(NOTICE), ""),
            "left": np.where(is_source, _day(LEFT), ""),
        }
    )


def _truth(copy: _Events, source: int) -> dict[str, object]:
    return {
        "source": str(_ids("A", np.array([source]), 3)[0]),
        "copied": len(copy.policy),
        "copied_from": str(_moment(copy.at.min(keepdims=True))[0]),
        "copied_to": str(_moment(copy.at.max(keepdims=True))[0]),
        "contacts_from_leak": (CONTACTS + 1) // 2,
    }


def _ids(prefix: str, numbers: Ints, width: int) -> Strings:
    return np.strings.add(prefix, np.strings.zfill(numbers.astype(np.str_), width))


def _day(number: int) -> str:
    return str(START.astype("datetime64[D]") + number)


def _moment(seconds: Ints) -> Strings:
    return np.strings.add(np.datetime_as_string(START + seconds), "+08:00")


def _csv(rows: "pa.Table") -> bytes:
    to = io.BytesIO()
    to.write((",".join(rows.column_names) + "\n").encode())
    csv.write_csv(rows, to, csv.WriteOptions(include_header=False, quoting_style="none"))
    return to.getvalue()


def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=6, mtime=0)
