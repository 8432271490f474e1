"""Trace a leak: tables in, report out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from hubao.kit.errors import BadInput
from hubao.lake.engine import Engine
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.inputs import Input
from hubao.lake.reading import Reading, read_access, read_actors, read_policies, read_victims
from hubao.lake.rejects import Rejects
from hubao.lake.steps import select_all, step
from hubao.trace.analyse import analyse
from hubao.trace.indexed import Indexed, unharmed
from hubao.trace.reduce import Log
from hubao.trace.report import Report

Progress = Callable[[int, int, str], None]
Source: TypeAlias = Path | str | pa.Table
LEAST_ALPHA = 1e-9
VICTIM_COLUMNS = ["line", "policy", "contacted_at", "reported_at", "asked_because"]


def trace(
    access: Sequence[Source] = (),
    *,
    victims: Source,
    policies: Source | None = None,
    actors: Source | None = None,
    lake: Path | None = None,
    index: Path | None = None,
    columns: Mapping[str, str] | None = None,
    strata: Sequence[str] | None = None,
    timezone: str = "Asia/Shanghai",
    alpha: float = 0.01,
    strict: bool = False,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Say which actor the leaked records came from, how sure that is, or that it can't be said.

    Args:
        access: access logs: files, globs, folders of a lake, or Arrow tables.
        victims: reported contacts, one row each.
        policies: all records at risk, with columns to compare within; without it, the log's own.
        actors: who the actors are; digested into the report, no figure depends on it.
        lake: a folder of `month=YYYY-MM/*.parquet`, instead of `access`.
        index: a file made by `build_index`, instead of `access`.
        columns: the access log's own header for each canonical column.
        strata: columns to compare within; None for all of low cardinality and access counts.
        timezone: IANA name, for times that carry no zone.
        alpha: bound on the chance that any innocent is named, in [1e-9, 1).
        strict: stop at the first row that can't be read.
        rejects: where to write file, line and reason of the rows that were set aside.
        progress: told bytes done, bytes in all, and what is being read.

    Raises:
        BadInput: something given can't be used; the message says what, where and how to mend it.
    """
    check_alpha(alpha)
    if index is not None:
        _check_alone(access, lake, policies)
    logs = [*access, *([lake] if lake else [])]
    with DuckDB() as engine:
        with Rejects(rejects) as set_aside:
            reading = Reading(engine, timezone, strict, set_aside, progress)
            # The small tables first: a fault in one is told before the long read.
            inputs = _small(reading, victims, policies, actors)
            if index is None:
                inputs = [*read_access(reading, logs, columns=columns), *inputs]
        if progress:
            progress(0, 0, "Weighing evidence")
        reports = engine.fetch(select_all("victims", VICTIM_COLUMNS))
        if index is not None:
            return _over_index(engine, Path(index), reports, inputs, strata, alpha)
        known = policy_columns(engine) if policies is not None else None
        log = Log(engine, columns=known, asked=strata)
        return analyse(
            log, reports, inputs=inputs, alpha=alpha, policies_given=policies is not None
        )


def _over_index(
    engine: DuckDB,
    path: Path,
    reports: pa.Table,
    small: list[Input],
    strata: Sequence[str] | None,
    alpha: float,
) -> Report:
    with unharmed(path):
        log = Indexed(engine, path, asked=strata)
        return analyse(log, reports, inputs=[log.input, *small], alpha=alpha, policies_given=True)


def _small(
    reading: Reading, victims: Source, policies: Source | None, actors: Source | None
) -> list[Input]:
    inputs = [read_victims(reading, victims)]
    inputs += [read_policies(reading, policies)] if policies is not None else []
    inputs += [read_actors(reading, actors)] if actors is not None else []
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


def _check_alone(access: Sequence[Source], lake: Path | None, policies: Source | None) -> None:
    if access or lake is not None:
        raise BadInput("An index stands for the log it was made of: give one or the other.")
    if policies is not None:
        raise BadInput(
            "The index holds the records and strata of its own policies table: leave --policies"
            " out, or make the index anew with it (hubao index … --policies FILE)."
        )


def policy_columns(engine: Engine) -> list[str]:
    """Columns of the relation `policies`, the policy itself left out."""
    empty = engine.fetch(step("SELECT * FROM policies LIMIT 0"))
    return [name for name in empty.column_names if name != "policy"]
