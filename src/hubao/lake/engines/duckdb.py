"""DuckDB behind the engine's door; nothing else imports it."""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import duckdb
import pyarrow as pa
from sqlglot import exp

from hubao.lake.engine import Values
from hubao.lake.engines.failed import EngineFailed, OutOfMemory
from hubao.lake.steps import named

GIB = 1 << 30
MOST_MEMORY = 5 * GIB // 2  # leaves a 4 GB process room for numpy and the report
SHARE_OF_MEMORY = 0.6
POLL = 0.2  # seconds between two looks at how far a step is


class DuckDB:
    """An in-memory database that spills to a folder of its own, removed on close.

    Extensions are never installed or loaded, so nothing is ever fetched from a network. One thread
    at a time may use it. All times are UTC.

    Args:
        memory_limit: as DuckDB writes it ("2GB"); by default 2.5 GiB, or 60 % of the machine's
            (or container's) memory if that is less.
        threads: by default one for each core.
        scratch: folder to spill in; by default the system's folder for temporary files.
    """

    def __init__(
        self,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        scratch: Path | None = None,
    ) -> None:
        self.told: Callable[[float], None] | None = None  # hears the share of a step that is done
        self._kinds: dict[str, str] = {}
        self._spill = Path(tempfile.mkdtemp(prefix="hubao-", dir=scratch))
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",  # a relation is never a Python variable
            "memory_limit": memory_limit or f"{_memory() // (1 << 20)}MiB",
            "temp_directory": str(self._spill),
            "preserve_insertion_order": "false",
        }
        if threads is not None:
            settings["threads"] = str(threads)
        try:
            self._connection = duckdb.connect(":memory:", config=settings)
            for setting in ("TimeZone = 'UTC'", "enable_progress_bar = true"):
                self._connection.sql(f"SET {setting}")
            self._connection.sql("SET enable_progress_bar_print = false")
            self._connection.sql("SET lock_configuration = true")
        except duckdb.Error as error:
            shutil.rmtree(self._spill, ignore_errors=True)
            raise _failed(error, "setting up") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database and remove what it spilled; a second time does nothing."""
        self._connection.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def load(self, name: str, rows: "pa.Table | pa.RecordBatchReader") -> None:
        """Keep an Arrow table as the relation `name`; a table is not copied, a stream is."""
        self._forget(name)
        with _safely(name):
            if isinstance(rows, pa.Table):
                self._connection.register(name, rows)
                self._kinds[name] = "REGISTERED"
                return
            self._connection.register("arriving", rows)
            try:
                everything = exp.select("*").from_(named("arriving"))
                self._run(f"CREATE TABLE {_quoted(name)} AS {_text(everything)}", {})
                self._kinds[name] = "TABLE"
            finally:
                self._connection.unregister("arriving")

    def view(self, name: str, query: exp.Query, values: Values | None = None) -> None:
        """Name a query without running it.

        A view can't hold bound values: each becomes a session variable that the view reads.
        """
        self._forget(name)
        bound = query.copy()
        with _safely(name):
            for mark in list(bound.find_all(exp.Placeholder)):
                variable = f"{name}:{mark.name}"
                self._run(f"SET VARIABLE {_quoted(variable)} = $value", _value(values, mark.name))
                mark.replace(exp.func("getvariable", exp.Literal.string(variable)))
            self._run(f"CREATE VIEW {_quoted(name)} AS {_text(bound)}", {})
        self._kinds[name] = "VIEW"

    def create(self, name: str, query: exp.Query, values: Values | None = None) -> None:
        """Run a query once and keep its rows as the relation `name`."""
        self._forget(name)
        with _safely(name), self._telling():
            self._run(f"CREATE TABLE {_quoted(name)} AS {_text(query)}", _used(query, values))
        self._kinds[name] = "TABLE"

    def append(self, name: str, query: exp.Query, values: Values | None = None) -> None:
        """Run a query once and add its rows to the table `name`, column by column in order."""
        with _safely(name), self._telling():
            self._run(f"INSERT INTO {_quoted(name)} {_text(query)}", _used(query, values))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all that is written to one database inside come true at once, or not at all."""
        with _safely("a transaction"):
            self._run("BEGIN TRANSACTION", {})
        done = False
        try:
            yield
            with _safely("a transaction"):
                self._run("COMMIT", {})
            done = True
        finally:
            if not done:
                with suppress(duckdb.Error):  # a failed COMMIT has rolled back already
                    self._run("ROLLBACK", {})

    def fetch(self, query: exp.Query, values: Values | None = None) -> "pa.Table":
        """Run a query and return its rows as an Arrow table."""
        with _safely("a result"), self._telling():
            found = self._connection.sql(_text(query), params=_used(query, values))
            return found.to_arrow_table()

    def drop(self, name: str) -> None:
        """Forget the relation `name`, if this session made it."""
        self._forget(name)

    def attach(self, name: str, path: Path, *, read_only: bool) -> None:
        """Open a DuckDB database file; its relation `r` is then called `name.r`.

        Raises:
            EngineFailed: the file is no such database, or another process holds it.
        """
        mode = "READ_ONLY" if read_only else "READ_WRITE"
        where = exp.Literal.string(str(path)).sql("duckdb")
        with _safely(name):
            self._run(f"ATTACH {where} AS {_quoted(name)} (TYPE duckdb, {mode})", {})

    def detach(self, name: str) -> None:
        """Close a database file that was attached, its rows safely written."""
        with _safely(name):
            self._run(f"DETACH {_quoted(name)}", {})

    def _forget(self, name: str) -> None:
        kind = self._kinds.pop(name, None)
        with _safely(name):
            if kind == "REGISTERED":
                self._connection.unregister(name)
            elif kind is not None:
                self._run(f"DROP {kind} {_quoted(name)}", {})

    def _run(self, sql: str, values: dict[str, object]) -> None:
        self._connection.sql(sql, params=values or None)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell how far the step is, from a thread of its own, while it runs."""
        told = self.told
        if told is None:
            yield
            return
        done = threading.Event()

        def poll() -> None:
            while not done.wait(POLL):
                share = self._connection.query_progress() / 100
                if share > 0:
                    told(min(share, 1.0))

        thread = threading.Thread(target=poll, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


@contextmanager
def _safely(step: str) -> Iterator[None]:
    """DuckDB's errors quote values and cells, so they are never passed on, not even as a cause."""
    try:
        yield
    except duckdb.Error as error:
        raise _failed(error, step) from None
    except RuntimeError as error:
        # DuckDB hears Ctrl-C itself and stops its query; what was meant is to stop the run.
        if "interrupted" in str(error):
            raise KeyboardInterrupt from None
        raise


def _failed(error: "duckdb.Error", step: str) -> EngineFailed:
    if isinstance(error, duckdb.OutOfMemoryException):
        return OutOfMemory(
            f"There is too little memory or disk for the step '{step}':"
            " free some, or point TMPDIR to a larger disk."
        )
    return EngineFailed(f"DuckDB could not run the step '{step}' ({type(error).__name__}).")


def _text(query: exp.Query) -> str:
    return query.sql(dialect="duckdb", identify=True)


def _quoted(name: str) -> str:
    return named(name).sql(dialect="duckdb", identify=True)


def _used(query: exp.Query, values: Values | None) -> dict[str, object]:
    marks = {mark.name for mark in query.find_all(exp.Placeholder)}
    return {name: value for name, value in (values or {}).items() if name in marks}


def _value(values: Values | None, name: str) -> dict[str, object]:
    return {"value": (values or {})[name]}


def _memory() -> int:
    """Bytes that the database may use."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    allowed = limit.read_text().strip() if limit.is_file() else "max"
    if allowed.isdigit():
        machine = min(machine, int(allowed))
    return min(MOST_MEMORY, int(machine * SHARE_OF_MEMORY))
