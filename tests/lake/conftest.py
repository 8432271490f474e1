"""An engine for each test, and a reading over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.reading import Reading
from hubao.lake.rejects import Rejects


@pytest.fixture
def engine() -> Iterator[DuckDB]:
    with DuckDB(memory_limit="500MB", threads=2) as made:
        yield made


@pytest.fixture
def reading(engine: DuckDB, tmp_path: Path) -> Iterator[Reading]:
    with Rejects(tmp_path / "out.rejects.csv") as rejects:
        yield Reading(engine, rejects=rejects)
