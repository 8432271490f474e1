"""What a room may ask of a query engine; DuckDB answers today."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from sqlglot import exp

if TYPE_CHECKING:
    import pyarrow as pa

Values = Mapping[str, Any]


class Engine(Protocol):
    """Runs named steps; every value is bound, every name quoted by sqlglot."""

    def load(self, name: str, rows: "pa.Table | pa.RecordBatchReader") -> None:
        """Keep an Arrow table as the relation `name`."""

    def view(self, name: str, query: exp.Query, values: Values | None = None) -> None:
        """Name a query without running it."""

    def create(self, name: str, query: exp.Query, values: Values | None = None) -> None:
        """Run a query once and keep its rows as the relation `name`."""

    def fetch(self, query: exp.Query, values: Values | None = None) -> "pa.Table":
        """Run a query and return its rows as an Arrow table."""
