"""What records are compared within: columns crossed, sparse cells merged, access counts in tenths.

Victims must be exchangeable within a stratum, so strata are as fine as the data bear.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubao.kit.errors import BadInput

ACCESS_DEGREE = "access_degree"
ISSUED = "issued"
MOST_VALUES = 64  # a column with more is no stratum
FEWEST_RECORDS = 100  # a smaller cell says too little about what an actor's work alone would touch
TENTHS = 10
MERGED = "*"
Cell = tuple[str, ...]


class UnknownStratum(BadInput):
    """`--strata` names a column that the policies table does not have."""

    code = "trace.unknown_stratum"


@dataclass(frozen=True)
class Strata:
    """Columns to cross, in order, and whether access counts refine them."""

    columns: tuple[str, ...]
    by_degree: bool

    @property
    def names(self) -> list[str]:
        """What the report calls them."""
        return [*self.columns, *([ACCESS_DEGREE] if self.by_degree else [])]


def choose(asked: Sequence[str] | None, distinct: Mapping[str, int]) -> Strata:
    """Take the columns asked for, else all of low cardinality and the access counts.

    Args:
        asked: column names (`access_degree` among them or not); None for the default.
        distinct: distinct values of each column of the policies table, in its order.

    Raises:
        UnknownStratum: a name is neither a column nor `access_degree`.
    """
    if asked is None:
        fit = [name for name, values in distinct.items() if 1 < values <= MOST_VALUES]
        return Strata(tuple(fit), by_degree=True)
    columns = tuple(dict.fromkeys(name for name in asked if name != ACCESS_DEGREE))
    for name in columns:
        if name not in distinct:
            if name == ISSUED:
                raise UnknownStratum(
                    f"--strata names '{ISSUED}', a date, which says from when records count:"
                    " leave it out, it is used without being named."
                )
            known = ", ".join([*distinct, ACCESS_DEGREE])
            raise UnknownStratum(
                f"--strata names '{name}', which the policies table does not have;"
                f" it has: {known}. Give --policies a file with that column, or leave it out."
            )
    return Strata(columns, by_degree=ACCESS_DEGREE in asked)


def merge_sparse(records: Mapping[Cell, int], fewest: int = FEWEST_RECORDS) -> dict[Cell, Cell]:
    """Merge cells of few records: the last column gives way first, then the one before it.

    Args:
        records: records in each cell.
        fewest: records that a cell should have.

    Returns:
        For each cell the one it went into; merged columns read "*". Only what is left over at the
        end, all columns merged, may hold fewer.
    """
    into = {cell: cell for cell in records}
    depth = len(next(iter(records), ()))
    for kept in range(depth - 1, -1, -1):
        size: Counter[Cell] = Counter()
        for cell, target in into.items():
            size[target] += records[cell]
        for cell, target in into.items():
            if size[target] < fewest:
                into[cell] = (*target[:kept], *[MERGED] * (depth - kept))
    return into
