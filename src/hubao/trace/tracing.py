"""Trace a leak: tables in, report out."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from hubao.kit.errors import BadInput
from hubao.lake.engine import Engine
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.inputs import Input
from hubao.lake.reading import (
    Reading,
    read_access,
    read_actors,
    read_identities,
    read_policies,
)
from hubao.lake.rejects import Rejects
from hubao.lake.schema import POLICIES
from hubao.lake.steps import step
from hubao.trace.exposed import check_exposed
from hubao.trace.indexed import Indexed, unharmed
from hubao.trace.reduce import Log
from hubao.trace.report import Report
from hubao.trace.running import Facts, Trace, Victims

Progress = Callable[[int, int, str], None]
Source: TypeAlias = Path | str | pa.Table
LEAST_ALPHA = 1e-9


def trace(
    access: Sequence[Source] = (),
    *,
    victims: Source,
    policies: Source | None = None,
    actors: Source | None = None,
    identities: Source | None = None,
    lake: Path | None = None,
    index: Path | None = None,
    columns: Mapping[str, str] | None = None,
    strata: Sequence[str] | None = None,
    timezone: str = "Asia/Shanghai",
    alpha: float = 0.01,
    strict: bool = False,
    exposed: Path | None = None,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Say which actor the leaked records came from, how sure that is, or that it can't be said.

    Args:
        access: access logs: files, globs, folders of a lake, or Arrow tables.
        victims: reported contacts, one row each.
        policies: all records at risk, with columns to compare within; without it, the log's own.
        actors: who the actors are; nobody's evidence depends on it: it tells when a source left,
            after which its account is no longer taken for its own.
        identities: whose each login is: the accounts of one person are joined before anything
            is counted. An index holds its own.
        lake: a folder of `month=YYYY-MM/*.parquet`, instead of `access`.
        index: a file made by `build_index`, instead of `access`.
        columns: the access log's own header for each canonical column.
        strata: columns to compare within; None for all of low cardinality and access counts.
        timezone: IANA name, for times that carry no zone.
        alpha: bound on the chance that any innocent is named, in [1e-9, 1).
        strict: stop at the first row that can't be read.
        exposed: where to write whom to warn, .csv or .parquet, the most exposed policies first.
        rejects: where to write file, line and reason of the rows that were set aside.
        progress: told bytes done, bytes in all, and what is being read.

    Raises:
        BadInput: something given can't be used; the message says what, where and how to mend it.
    """
    if exposed is not None:
        check_exposed(exposed)
    with open_trace(
        access, victims=victims, policies=policies, actors=actors, identities=identities,
        lake=lake, index=index, columns=columns, strata=strata, timezone=timezone, alpha=alpha,
        strict=strict, rejects=rejects, progress=progress,
    ) as case:  # fmt: skip
        report = case.update()
        if exposed is not None:
            case.write_exposed(exposed)
        return report


@contextmanager
def open_trace(
    access: Sequence[Source] = (),
    *,
    victims: Source | None = None,
    policies: Source | None = None,
    actors: Source | None = None,
    identities: Source | None = None,
    lake: Path | None = None,
    index: Path | None = None,
    columns: Mapping[str, str] | None = None,
    strata: Sequence[str] | None = None,
    timezone: str = "Asia/Shanghai",
    alpha: float = 0.01,
    strict: bool = False,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Trace]:
    """Read a log once and trace victims in it as they come, with `Trace.update`.

    Args:
        victims: those known already; `update` adds others.
        access, …: as for `trace`.

    Example:
        >>> with open_trace(["access.csv"], alpha=0.01) as case:  # doctest: +SKIP
        ...     for report in inbox:
        ...         print(case.update(report).verdict)

    Raises:
        BadInput: something given can't be used; the message says what, where and how to mend it.
    """
    check_alpha(alpha)
    if index is not None:
        _check_alone(access, lake, policies, identities)
    logs = [*access, *([lake] if lake else [])]
    with DuckDB() as engine, Rejects(rejects) as set_aside:
        reading = Reading(engine, timezone, strict, set_aside, progress)
        # The small tables first: a fault in one is told before the long read.
        small = _small(reading, policies, actors, identities)
        rows = Victims(reading)
        if victims is not None:
            rows.add(victims)
        facts = Facts(
            alpha, timezone, policies is not None or index is not None, actors is not None
        )
        if index is not None:
            with unharmed(Path(index)):
                log = Indexed(engine, Path(index), asked=strata)
                yield Trace(log, rows, [log.input], small, facts)
            return
        # Without victims it is not known yet whether one will quote a field.
        quotes = rows.quote if victims is not None else True
        read = read_access(reading, logs, columns=columns, fields=quotes)
        if progress:
            progress(0, 0, "Weighing evidence")
        known = policy_columns(engine) if policies is not None else None
        held = Log(engine, columns=known, asked=strata, fields=quotes, joined=reading.joined)
        yield Trace(held, rows, read, small, facts)


def _small(
    reading: Reading,
    policies: Source | None,
    actors: Source | None,
    identities: Source | None,
) -> list[Input]:
    inputs = [read_policies(reading, policies)] if policies is not None else []
    inputs += [read_actors(reading, actors)] if actors is not None else []
    inputs += [read_identities(reading, identities)] if identities is not None else []
    return inputs


def check_alpha(alpha: float) -> None:
    """Refuse a bound that is none.

    Raises:
        BadInput: alpha is not in [1e-9, 1).
    """
    if not LEAST_ALPHA <= alpha < 1.0:
        raise BadInput(
            f"alpha is {alpha}: give a chance from {LEAST_ALPHA} up to but not including 1."
        )


def alpha_of_case(alpha: float, case: int) -> float:
    """The part of an insurer's alpha that its case number `case` may spend.

    The parts of all cases, however many, sum to alpha, so the chance that any innocent is named
    in any of them stays at most alpha.

    Args:
        alpha: bound over all cases, in [1e-9, 1).
        case: 1 for the first.

    Raises:
        BadInput: alpha is no chance, or the number is below 1.
    """
    check_alpha(alpha)
    if case < 1:
        raise BadInput(f"The case number is {case}: an insurer's first case is number 1.")
    return 6.0 * alpha / (math.pi * case) ** 2


def _check_alone(
    access: Sequence[Source],
    lake: Path | None,
    policies: Source | None,
    identities: Source | None,
) -> None:
    if access or lake is not None:
        raise BadInput("An index stands for the log it was made of: give one or the other.")
    if policies is not None:
        raise BadInput(
            "The index holds the records and strata of its own policies table: leave --policies"
            " out, or make the index anew with it (hubao index … --policies FILE)."
        )
    if identities is not None:
        raise BadInput(
            "The index holds the accounts as they were joined when it was made: leave --identities"
            " out, or make the index anew with it (hubao index … --identities FILE)."
        )


def policy_columns(engine: Engine) -> list[str]:
    """Columns of the relation `policies` to compare within: all but the policy and its issue."""
    empty = engine.fetch(step("SELECT * FROM policies LIMIT 0"))
    return [name for name in empty.column_names if name not in POLICIES.names]
