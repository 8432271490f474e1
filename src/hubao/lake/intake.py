"""One table taken in from its files, part by part."""

import glob
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from hubao.kit.errors import BadInput
from hubao.lake.engine import Engine
from hubao.lake.engines.failed import EngineFailed, OutOfMemory
from hubao.lake.facts import FactFinder
from hubao.lake.inputs import Input, Role
from hubao.lake.readers import columnar
from hubao.lake.readers.layout import Layout
from hubao.lake.readers.text import by_engine, landing
from hubao.lake.readers.tidy import DENIED, LINE, REASON, Raw, columns_of, tidied
from hubao.lake.rejects import REASONS, Rejects
from hubao.lake.sources import Source
from hubao.lake.steps import select_all, step, union_all

if TYPE_CHECKING:
    import pyarrow as pa

Told = Callable[[int, int, str], None]
JOINED = """
SELECT rows_.* REPLACE (coalesce(identities.actor, rows_.actor) AS actor)
FROM rows_ AS rows_
LEFT JOIN (SELECT DISTINCT login, actor FROM identities) AS identities
  ON identities.login = rows_.actor
"""


class ReadingEngine(Engine, Protocol):
    """What reading asks of an engine beyond running steps."""

    told: Callable[[float], None] | None

    def drop(self, name: str) -> None:
        """Forget the relation `name`."""


@dataclass
class Reading:
    """What all reads of one run share.

    Attributes:
        engine: where the relations are made.
        timezone: zone of times written without one.
        strict: stop at the first row that can't be used.
        rejects: where such rows are written down.
        progress: hears bytes done, bytes in all, and the file at hand.
        denied: accesses that were refused, so far; they are neither access nor rejects.
        joined: whether `identities` is there: an access of a login is then one of its actor.
    """

    engine: ReadingEngine
    timezone: str = "Asia/Shanghai"
    strict: bool = False
    rejects: Rejects = field(default_factory=lambda: Rejects(None))
    progress: Told | None = None
    denied: int = 0
    joined: bool = False


@dataclass(frozen=True)
class _Count:
    """Rows of one part."""

    rows: int
    faults: int = 0
    denied: int = 0


@dataclass
class Intake:
    """Takes in the sources of one table; `finish` then makes the relation.

    Attributes:
        reading, layout: what is shared, and what is wanted.
        total: bytes of all files, for the progress.
    """

    reading: Reading
    layout: Layout
    total: int = 0
    inputs: list[Input] = field(default_factory=list)
    _parts: list[exp.Query] = field(default_factory=list)
    _names: int = 0
    _done: int = 0
    _usable: int = 0
    _faults: int = 0
    _example: str = ""

    def table(self, table: "pa.Table") -> None:
        """Take in an Arrow table.

        Raises:
            BadInput: it is empty, lacks a needed column, or strict mode found a bad row.
        """
        file = f"<{self.layout.role}>"
        relation = self._name("loaded")
        self.reading.engine.load(relation, columnar.numbered(table, self.layout))
        raw = columnar.arrow_raw(self.layout, table, relation, self.reading.timezone)
        faults = 0 if self._in_place(raw) else self._stage(raw, file).faults
        self._record(file, _Count(table.num_rows, faults), sha256=None)

    def parquet(self, sources: Sequence[Source]) -> None:
        """Take in Parquet files of one schema: where they lie if all is well, else one by one.

        Raises:
            BadInput: see `table`; or a file is broken.
        """
        with FactFinder(sources) as finder:
            whole = self._in_place(self._parquet_raw(sources))
            faults = [0 if whole else self._one_parquet(source) for source in sources]
            facts = finder.facts()
        for source, fault, fact in zip(sources, faults, facts, strict=True):
            count = _Count(columnar.rows_of(source.path), fault)
            self._record(source.name, count, sha256=fact.sha256)
            self._advance(source)

    def text(self, source: Source) -> None:
        """Take in any other file.

        Raises:
            BadInput: see `table`; or the file as a whole can't be read.
        """
        with FactFinder([source]) as finder:
            count = self._by_engine(source, finder)
            facts = finder.facts()[0]
        if count is None:
            count = self._by_hand(source, facts.encoding)
        self._record(source.name, count, sha256=facts.sha256)
        self._advance(source)

    def finish(self) -> list[Input]:
        """Make the relation, named as the table's role.

        Raises:
            BadInput: not one row can be used.
        """
        if self._usable == 0:
            files = ", ".join(one.path for one in self.inputs[:3])
            why = "every row was set aside" if self._faults else "every access was denied"
            raise BadInput(
                f"{files}: no row can be used ({why}):"
                f" check that the columns hold what their headers say{self._example}."
            )
        rows = union_all(self._parts)
        if self.layout.role is Role.ACCESS and self.reading.joined:
            rows = step(JOINED, tables={"rows_": rows})
        self.reading.engine.view(self.layout.role.value, rows)
        return self.inputs

    def _by_engine(self, source: Source, finder: FactFinder) -> _Count | None:
        raw = by_engine(source, self.layout, self.reading.timezone)
        if raw is None:
            return None
        part = self._name("part")
        engine = self.reading.engine
        try:
            with self._telling(source):
                engine.create(part, tidied(self.layout, raw), raw.values)
        except OutOfMemory:
            raise
        except EngineFailed:  # it is not plain, then; our own reader will say where
            return None
        count = self._count(part)
        facts = finder.facts()[0]
        if count.faults or not facts.plain or count.rows != facts.lines - 1:
            engine.drop(part)
            return None
        self._use(part, count, self._columns(raw))
        return count

    def _by_hand(self, source: Source, encoding: str) -> _Count:
        reading = self.reading
        with (
            tempfile.TemporaryDirectory(prefix="hubao-") as folder,
            landing(
                source,
                self.layout,
                encoding,
                reading.timezone,
                Path(folder),
                lambda done: self._tell(source, done),
                strict=reading.strict,
            ) as raw,
        ):
            return self._stage(raw, source.name)

    def _parquet_raw(self, sources: Sequence[Source]) -> Raw:
        paths = [glob.escape(source.name) for source in sources]
        schema = columnar.schema_of(sources[0].path)
        file = sources[0].name
        return columnar.parquet_raw(self.layout, schema, paths, file, self.reading.timezone)

    def _one_parquet(self, source: Source) -> int:
        raw = self._parquet_raw([source])
        if self._in_place(raw):
            return 0
        try:
            return self._stage(raw, source.name).faults
        except OutOfMemory:
            raise
        except EngineFailed:
            raise columnar.broken(source.path) from None

    def _in_place(self, raw: Raw) -> bool:
        """Use an access log's columns where they lie, if every row is good."""
        own = self.layout
        rows = columnar.in_place(own, raw) if own.role is Role.ACCESS else None
        if rows is None:
            return False
        part = self._name("part")
        engine = self.reading.engine
        engine.view(part, rows, raw.values)
        try:
            query = columnar.survey(part, with_action="action" in raw.texts)
            found = engine.fetch(query).to_pylist()[0]
        except OutOfMemory:
            raise
        except EngineFailed:  # a broken file; read one by one, it will be named
            return False
        if found["faults"]:
            engine.drop(part)
            return False
        denied = found["denied"]
        where = "coalesce(lower(action) <> 'denied', TRUE)" if denied else None
        self._parts.append(select_all(part, self._columns(raw), where))
        self.reading.denied += denied
        self._usable += found["total"] - denied
        return True

    def _stage(self, raw: Raw, file: str) -> _Count:
        """Copy the rows, tidied, and set aside those that can't be used."""
        part = self._name("part")
        self.reading.engine.create(part, tidied(self.layout, raw), raw.values)
        count = self._count(part)
        if count.faults:
            self._set_aside(part, file)
        self._use(part, count, self._columns(raw))
        return count

    def _set_aside(self, part: str, file: str) -> None:
        query = step(
            "SELECT line_ AS line, reason_ AS reason FROM part"
            " WHERE reason_ IS NOT NULL ORDER BY 1",
            tables={"part": part},
            columns={"line_": LINE, "reason_": REASON},
        )
        found = self.reading.engine.fetch(query)
        rows = (
            (line, REASONS[code])
            for batch in found.to_batches()
            for line, code in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
        line, reason = next(rows)
        if self.reading.strict:
            raise BadInput(
                f"{file} line {line}: {reason.value}; mend the row or leave out --strict."
            )
        self._example = self._example or f" (first: {file} line {line}, {reason.value})"
        self.reading.rejects.add(file, chain([(line, reason)], rows))

    def _count(self, part: str) -> _Count:
        denied = DENIED if self.layout.role is Role.ACCESS else exp.false()
        template = (
            "SELECT count(*) AS total, count(reason_) AS faults,"
            " count(*) FILTER (WHERE denied_) AS denied FROM part"
        )
        query = step(
            template,
            tables={"part": part},
            columns={"reason_": REASON, "denied_": denied},
        )
        found = self.reading.engine.fetch(query).to_pylist()[0]
        return _Count(found["total"], found["faults"], found["denied"])

    def _use(self, part: str, count: _Count, columns: Sequence[str]) -> None:
        clauses = [f'"{REASON}" IS NULL'] if count.faults else []
        clauses += [f'NOT "{DENIED}"'] if count.denied else []
        query = select_all(part, columns, " AND ".join(clauses) or None)
        if self.layout.numbered:
            line = exp.column(LINE, quoted=True)
            query = query.select(exp.alias_(line, "line", quoted=True))
        self._parts.append(query)
        self.reading.denied += count.denied
        self._usable += count.rows - count.faults - count.denied

    def _columns(self, raw: Raw) -> list[str]:
        names = [column.name for column in columns_of(self.layout, raw.texts)]
        return [n for n in names if not (self.layout.role is Role.ACCESS and n == "action")]

    def _record(self, file: str, count: _Count, *, sha256: str | None) -> None:
        if count.rows == 0:
            raise BadInput(f"{file} has headers but no rows: give a file with rows.")
        self._faults += count.faults
        self.inputs.append(Input(file, self.layout.role, count.rows, count.faults, sha256))

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{self.layout.role}:{kind}:{self._names}"

    @contextmanager
    def _telling(self, source: Source) -> Iterator[None]:
        engine = self.reading.engine
        engine.told = lambda share: self._tell(source, int(share * source.size))
        try:
            yield
        finally:
            engine.told = None

    def _tell(self, source: Source, done: int) -> None:
        if self.reading.progress is not None:
            self.reading.progress(min(self._done + done, self.total), self.total, source.name)

    def _advance(self, source: Source) -> None:
        self._done += source.size
        self._tell(source, 0)
