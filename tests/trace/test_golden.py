"""The SQL of every named step, as DuckDB gets it, against tests/trace/golden/*.sql.

To accept a change that is meant: HUBAO_UPDATE_GOLDEN=1 pytest tests/trace/test_golden.py rewrites
the files; read the difference before it is kept.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import sqlglot

from hubao.lake.steps import step
from hubao.trace import index, indexed, placing, reduce

GOLDEN = Path(__file__).parent / "golden"
UPDATE = "HUBAO_UPDATE_GOLDEN"


def templates(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Name and text of each template that a module itself writes down."""
    for name, value in vars(module).items():
        if not name.isupper() or f"\n{name} = " not in source(module):
            continue
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
            yield from ((f"{name}.{key}", one) for key, one in value.items())


def source(module: ModuleType) -> str:
    assert module.__file__ is not None
    return "\n" + Path(module.__file__).read_text(encoding="utf-8")


def is_sql(text: str) -> bool:
    return text.lstrip().upper().startswith(("SELECT", "WITH", "COUNT("))


def rendered(module: ModuleType) -> str:
    parts = [
        f"-- {name}\n{step(text).sql(dialect='duckdb', pretty=True)}\n"
        for name, text in sorted(templates(module))
        if is_sql(text)
    ]
    return "\n".join(parts)


@pytest.mark.parametrize("module", [placing, reduce, indexed, index], ids=lambda m: m.__name__)
class TestSteps:
    def test_read_as_they_did(self, module: ModuleType) -> None:
        path = GOLDEN / f"{module.__name__.rpartition('.')[2]}.sql"
        found = rendered(module)

        if os.environ.get(UPDATE) == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(found, encoding="utf-8")

        assert found == path.read_text(encoding="utf-8"), f"{UPDATE}=1 accepts the change"

    def test_survive_being_read_back(self, module: ModuleType) -> None:
        for _, text in templates(module):
            if is_sql(text):
                once = step(text).sql(dialect="duckdb")
                assert sqlglot.parse_one(once, dialect="duckdb").sql(dialect="duckdb") == once

    def test_hold_no_value_but_marks(self, module: ModuleType) -> None:
        """Text in a template is only ever a label of our own: values are bound when it runs."""
        for name, text in templates(module):
            if is_sql(text):
                literals = step(text).find_all(sqlglot.exp.Literal)
                assert [one.this for one in literals if one.is_string] == [], name
