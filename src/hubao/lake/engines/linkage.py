"""Probabilistic linkage behind one door: Splink over a DuckDB of its own; nothing else imports it.

Splink opens the database; no extension is ever installed or loaded, and nothing is logged.
"""

import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import splink.comparison_level_library as levels
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.comparison_library import CustomComparison
from sqlglot import exp

from hubao.lake.engines.duckdb import _safely  # the one place that knows DuckDB's errors

SAME, NEAR, OTHER = 0.75, 0.15, 0.10  # how often a true pair's cells are equal, near, different
_LEAST = 1e-9
_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "'1500MiB'",  # our own engine keeps its tables beside it
    "preserve_insertion_order": "false",
    "enable_progress_bar": "false",
}


@dataclass(frozen=True)
class Compared:
    """One column that both tables have.

    Attributes:
        name: a plain name, made by us.
        edits: characters that may differ (or swap places) in a near value; 0 for none.
        equal_by_chance: chance that the cells of two unrelated rows are equal.
        near_by_chance: chance that they are near but not equal.
    """

    name: str
    edits: int
    equal_by_chance: float
    near_by_chance: float


def link(
    left: "pa.Table",
    right: "pa.Table",
    *,
    columns: Sequence[Compared],
    blocks: Sequence[str],
    prior: float,
    threshold: float = 1e-3,
) -> "pa.Table":
    """Weigh the pairs of rows that share a block (Fellegi and Sunter's model).

    Args:
        left, right: `unique_id` BIGINT, and text under the names of `columns` and `blocks`.
        columns: what is compared; an empty cell says nothing.
        blocks: only rows equal in one of these columns are compared.
        prior: chance that two rows taken at random are one record.
        threshold: less likely pairs are left out.

    Returns:
        (left BIGINT, right BIGINT, weight DOUBLE): base 2 logarithm of the odds of each pair.

    Raises:
        EngineFailed: the linkage could not be run.
    """
    scratch = Path(tempfile.mkdtemp(prefix="hubao-"))
    with _quiet(), _safely("linkage"):
        api = DuckDBAPI()
        try:
            _lock(api, scratch)
            return _linked(api, left, right, columns, blocks, prior, threshold)
        finally:
            api.duckdb_con.close()
            shutil.rmtree(scratch, ignore_errors=True)


def _linked(
    api: DuckDBAPI,
    left: "pa.Table",
    right: "pa.Table",
    columns: Sequence[Compared],
    blocks: Sequence[str],
    prior: float,
    threshold: float,
) -> "pa.Table":
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[_comparison(column) for column in columns],
        blocking_rules_to_generate_predictions=[block_on(name) for name in blocks],
        probability_two_random_records_match=prior,
        retain_matching_columns=False,
    )
    # Splink orders the two by name: "a" is always the left one.
    tables = [api.register(left, table_name="a"), api.register(right, table_name="b")]
    linker = Linker(tables, settings, log_level=logging.CRITICAL, validate_settings=False)
    found = (
        linker.inference.predict(threshold_match_probability=threshold)
        .as_duckdbpyrelation()
        .to_arrow_table()
    )
    return pa.table(
        {
            "left": found.column("unique_id_l"),
            "right": found.column("unique_id_r"),
            "weight": found.column("match_weight"),
        }
    )


def _comparison(column: Compared) -> CustomComparison:
    same = levels.ExactMatchLevel(column.name, term_frequency_adjustments=True)
    chance = max(column.equal_by_chance, _LEAST)
    near = max(column.near_by_chance, _LEAST)
    steps = [
        levels.NullLevel(column.name),
        same.configure(m_probability=SAME, u_probability=chance),
    ]
    if column.edits:
        close = levels.DamerauLevenshteinLevel(column.name, column.edits)
        steps.append(close.configure(m_probability=NEAR, u_probability=near))
    rest = max(1.0 - chance - near, _LEAST)
    other = OTHER if column.edits else NEAR + OTHER
    steps.append(levels.ElseLevel().configure(m_probability=other, u_probability=rest))
    return CustomComparison(list(steps), output_column_name=column.name)


def _lock(api: DuckDBAPI, scratch: Path) -> None:
    where = exp.Literal.string(str(scratch)).sql("duckdb")
    for name, value in (_SETTINGS | {"temp_directory": where}).items():
        api.duckdb_con.sql(f"SET {name} = {value}")
    api.duckdb_con.sql("SET lock_configuration = true")


@contextmanager
def _quiet() -> Iterator[None]:
    logger = logging.getLogger("splink")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
