"""Name anew what wasn't known when it came: logins whose person, policies whose record is here now.

Each file of the lake is written anew beside itself and takes its own place, so a reader finds the
old rows or the new ones, and a crash leaves either. Events keep their ids.
"""

import glob
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
from django.db.models import Q

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.transactions import durable
from hubao.desk.feeds.landing import SLICE, publish, write_months
from hubao.desk.feeds.models import Batch
from hubao.desk.feeds.operations.imports import Wires
from hubao.desk.feeds.operations.tidying import ROWS, tidy
from hubao.desk.feeds.queries import source_of, terms_of
from hubao.desk.feeds.rules import Terms
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.queries import parties_of
from hubao.desk.policies.numbers import TOKEN, records_of_tokens
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.steps import step

TOKENS: Final = "SELECT DISTINCT policy AS name FROM rows_ WHERE starts_with(policy, $begin)"
LOGINS: Final = "SELECT DISTINCT actor AS name FROM rows_ WHERE starts_with(actor, $begin)"
RENAMED: Final = """
SELECT event, at, coalesce(people.found, rows_.actor) AS actor, action,
  coalesce(records.found, rows_.policy) AS policy, fields, purpose, ticket, source, batch,
  $month AS month,
  (row_number() OVER (ORDER BY coalesce(records.found, rows_.policy), at, event) - 1) // $slice
    AS slice
FROM rows_
LEFT JOIN people ON people.written = rows_.actor
LEFT JOIN records ON records.written = rows_.policy
"""
LEFT: Final = """
SELECT count(*) FILTER (WHERE starts_with(actor, $system)) AS unknown_actors,
  count(*) FILTER (WHERE starts_with(policy, $token)) AS unknown_policies
FROM rows_
"""
_RENAMES: Final = pa.schema([("written", pa.string()), ("found", pa.string())])
Names = Mapping[str, str]


@dataclass(frozen=True)
class Resolved:
    """How many logins and policy numbers are known now."""

    logins: int = 0
    policies: int = 0


def resolve(*, name: str, actor: Actor, at: datetime, wires: Wires) -> Resolved:
    """Name a source's events anew by the people and policies that have come since.

    Raises:
        NotAllowed: the actor may not.
        NoSuchSource: there is no such source.
        Busy: an import of it runs.
    """
    actor.require(Permission.PUSH_FEEDS)
    source_of(name=name, actor=actor)
    logins, tokens = set[str](), set[str]()
    with wires.places.alone(name):
        source = source_of(name=name, actor=actor)
        tidy(source, places=wires.places, by=actor.id, at=at)
        lacking = Q(unknown_actors__gt=0) | Q(unknown_policies__gt=0)
        with DuckDB() as engine:
            run = _Run(terms_of(source), actor, wires, engine)
            for batch in Batch.objects.filter(lacking, source=source).order_by("number"):
                people, records = run.batch(name, batch.number)
                logins |= people.keys()
                tokens |= records.keys()
        facts: dict[str, str | int] = {"logins": len(logins), "policies": len(tokens)}
        with durable():
            append_entry(
                Entered(
                    action="feed.resolved", actor=actor.id, at=at, facts=facts | {"source": name}
                )
            )
    return Resolved(len(logins), len(tokens))


@dataclass(frozen=True)
class _Run:
    """Names one source's batches anew."""

    terms: Terms
    actor: Actor
    wires: Wires
    engine: DuckDB

    def batch(self, source: str, number: int) -> tuple[Names, Names]:
        """Name a batch's events anew; gives what is known now."""
        people, records = dict[str, str](), dict[str, str]()
        files = self.wires.places.of_batches(source, {number})
        for path in files:
            more = self._file(path)
            people |= more[0]
            records |= more[1]
        if files:  # nothing may be new, since an earlier run was killed before it had counted
            self._count(files, source, number)
        return people, records

    def _file(self, path: Path) -> tuple[Names, Names]:
        engine = self.engine
        _open(engine, [path])
        begin = f"{self.terms.system}:"
        people = _found(engine, LOGINS, begin, self._people)
        records = _found(engine, TOKENS, TOKEN, self._records)
        if people or records:
            engine.load("people", _table(people))
            engine.load("records", _table(records))
            month = path.parent.name.removeprefix("month=")
            engine.create("placed", step(RENAMED), {"month": month, "slice": SLICE})
            publish(write_months(engine, path.parent.parent, path.stem))
        return people, records

    def _people(self, written: list[str]) -> Names:
        begin = f"{self.terms.system}:"
        logins = [one.removeprefix(begin) for one in written]
        found = parties_of(
            logins=logins,
            system=self.terms.system,
            own_ids=self.terms.own_ids,
            actor=self.actor,
        )
        return {begin + login: party for login, party in found.items()}

    def _records(self, written: list[str]) -> Names:
        return records_of_tokens(tokens=written, actor=self.actor)

    def _count(self, files: list[Path], source: str, number: int) -> None:
        _open(self.engine, files)
        told = {"system": f"{self.terms.system}:", "token": TOKEN}
        left = self.engine.fetch(step(LEFT), told).to_pylist()[0]
        with durable():
            Batch.objects.filter(source=source, number=number).update(**left)


def _open(engine: DuckDB, files: list[Path]) -> None:
    engine.view("rows_", step(ROWS), {"paths": [glob.escape(str(path)) for path in files]})


def _found(engine: DuckDB, template: str, begin: str, find: Callable[[list[str]], Names]) -> Names:
    written = engine.fetch(step(template), {"begin": begin})["name"].to_pylist()
    return find(written) if written else {}


def _table(names: Names) -> pa.Table:
    return pa.table([list(names.keys()), list(names.values())], schema=_RENAMES)
